namespace Envoy.Stats;

/// <summary>
/// A proxy's statistics by name. A statistic has a part per shard, written by one thread without atomics: shards 0 to N-1 are the workers',
/// shard N (<see cref="MainShard"/>) is the main thread's. A name can be used by several owners; the statistic goes when the last
/// <see cref="StatsScope"/> that asked for it is disposed. The number of statistics has no limit, as in Envoy: names come from the
/// configuration, and the few that come from traffic are bounded where they are made (response codes 100 to 599).
/// Thread-safe; locks only when statistics are made, released or listed.
/// </summary>
internal sealed class StatsStore
{
    private readonly Lock _lock = new();
    private readonly Lock _mergeLock = new();
    private readonly long[] _mergeScratch = new long[LogLinearBuckets.Count];
    private readonly Dictionary<string, Counter> _counters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Gauge> _gauges = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TextReadout> _textReadouts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Histogram> _histograms = new(StringComparer.Ordinal);
    private CellPage _page;
    private StatsSnapshot? _snapshot;
    private long _version;

    /// <summary>Makes an empty store.</summary>
    /// <param name="workers">The number of workers, 0 or more.</param>
    public StatsStore(int workers)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(workers);
        ShardCount = workers + 1;
        _page = new CellPage(ShardCount);
        Root = new StatsScope(this, "");
    }

    /// <summary>Raised when a statistic is made, on the thread that made it and outside the lock.</summary>
    public event Action<Stat>? Added;

    /// <summary>The workers and main.</summary>
    public int ShardCount { get; }

    /// <summary>The main thread's shard, the last one.</summary>
    public int MainShard => ShardCount - 1;

    /// <summary>The scope without a prefix, for what lives as long as the proxy; never disposed.</summary>
    public StatsScope Root { get; }

    /// <summary>Changes whenever a statistic is made or goes.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>The counter of this name, made if it is new.</summary>
    public Counter Counter(string name) => Root.Counter(name);

    /// <summary>The gauge of this name, made if it is new.</summary>
    public Gauge Gauge(string name) => Root.Gauge(name);

    /// <summary>The atomic part of the counter of this name.</summary>
    public SharedCounter SharedCounter(string name) => Root.SharedCounter(name);

    /// <summary>The atomic part of the gauge of this name.</summary>
    public SharedGauge SharedGauge(string name) => Root.SharedGauge(name);

    /// <summary>The text readout of this name, made if it is new.</summary>
    public TextReadout TextReadout(string name) => Root.TextReadout(name);

    /// <summary>The histogram of this name, made if it is new; the first caller decides the unit.</summary>
    public Histogram Histogram(string name, HistogramUnit unit = HistogramUnit.Milliseconds) => Root.Histogram(name, unit);

    /// <summary>A scope whose names begin with <paramref name="prefix"/> and a dot; to be disposed with its owner.</summary>
    public StatsScope Scope(string prefix) => Root.Scope(prefix);

    /// <summary>The present statistics; the same object as long as none came or went.</summary>
    public StatsSnapshot Snapshot()
    {
        lock (_lock)
        {
            return _snapshot ??= new StatsSnapshot(
                _version, Sorted(_counters), Sorted(_gauges), Sorted(_textReadouts), Sorted(_histograms));
        }
    }

    /// <summary>Counters count from zero again; gauges and histograms stay (Envoy's <c>/reset_counters</c>).</summary>
    public void ResetCounters()
    {
        foreach (var counter in Snapshot().Counters)
            counter.Reset();
    }

    /// <summary>Ends every histogram's interval; called at each flush, by main.</summary>
    public void MergeHistograms()
    {
        lock (_mergeLock)
        {
            foreach (var histogram in Snapshot().Histograms)
                histogram.Merge(_mergeScratch);
        }
    }

    internal Counter AcquireCounter(StatsScope scope, string name)
        => Acquire(_counters, scope, name, static (store, name) => new Counter(name, store.Reserve(1, out var slot), slot));

    internal Gauge AcquireGauge(StatsScope scope, string name)
        => Acquire(_gauges, scope, name, static (store, name) => new Gauge(name, store.Reserve(Stats.Gauge.Slots, out var slot), slot));

    internal TextReadout AcquireTextReadout(StatsScope scope, string name)
        => Acquire(_textReadouts, scope, name, static (_, name) => new TextReadout(name));

    internal Histogram AcquireHistogram(StatsScope scope, string name, HistogramUnit unit)
        => unit switch
        {
            HistogramUnit.Milliseconds =>
                Acquire(_histograms, scope, name, static (store, name) => new Histogram(name, HistogramUnit.Milliseconds, store.ShardCount)),
            HistogramUnit.Bytes =>
                Acquire(_histograms, scope, name, static (store, name) => new Histogram(name, HistogramUnit.Bytes, store.ShardCount)),
            _ => Acquire(_histograms, scope, name, static (store, name) => new Histogram(name, HistogramUnit.Unspecified, store.ShardCount)),
        };

    internal void AddChild(StatsScope parent, StatsScope child)
    {
        lock (_lock)
            parent.AddChildLocked(child);
    }

    internal void Release(StatsScope scope)
    {
        lock (_lock)
            scope.ReleaseLocked(this);
    }

    internal void ReleaseLocked(Stat stat)
    {
        if (--stat.References > 0)
            return;
        _ = stat switch
        {
            Stats.Counter _ => _counters.Remove(stat.Name),
            Stats.Gauge _ => _gauges.Remove(stat.Name),
            Stats.TextReadout _ => _textReadouts.Remove(stat.Name),
            _ => _histograms.Remove(stat.Name),
        };
        Changed();
    }

    private static T[] Sorted<T>(Dictionary<string, T> stats)
        where T : Stat
    {
        var sorted = stats.Values.ToArray();
        Array.Sort(sorted, static (x, y) => string.CompareOrdinal(x.Name, y.Name));
        return sorted;
    }

    private T Acquire<T>(Dictionary<string, T> stats, StatsScope scope, string name, Func<StatsStore, string, T> make)
        where T : Stat
    {
        T? stat;
        lock (_lock)
        {
            if (scope.Released)
                return make(this, name);
            var known = stats.TryGetValue(name, out stat);
            if (!known)
            {
                stat = make(this, name);
                stats.Add(name, stat);
                Changed();
            }

            if (scope.HoldLocked(stat!))
                stat!.References++;
            if (known)
                return stat!;
        }

        Added?.Invoke(stat!);
        return stat!;
    }

    private CellPage Reserve(int slots, out int first)
    {
        first = _page.TryReserve(slots);
        if (first < 0)
        {
            _page = new CellPage(ShardCount);
            first = _page.TryReserve(slots);
        }

        return _page;
    }

    private void Changed()
    {
        _snapshot = null;
        Volatile.Write(ref _version, _version + 1);
    }
}
