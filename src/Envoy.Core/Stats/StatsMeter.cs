using System.Diagnostics.Metrics;

namespace Envoy.Stats;

/// <summary>
/// Shows a store's counters and gauges to <see cref="System.Diagnostics.Metrics"/>, under the meter <c>Envoy</c>: one observable instrument
/// per tag-extracted name (<c>envoy.cluster.upstream_cx_total</c>), one measurement per statistic with Envoy's tags. Histograms have no
/// observable instrument and are left to the Prometheus page. An instrument whose statistics are all gone measures nothing. Thread-safe.
/// </summary>
internal sealed class StatsMeter : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Envoy";

    private readonly Lock _lock = new();
    private readonly StatsStore _store;
    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly HashSet<(bool Counter, string Name)> _instruments = [];
    private Dictionary<(bool Counter, string Name), List<Stat>> _index = [];
    private long _indexVersion = -1;
    private bool _disposed;

    /// <summary>Begins to show <paramref name="store"/>.</summary>
    /// <param name="store">The statistics.</param>
    /// <param name="factory">Makes and owns the meter; null makes one that lives as long as this object.</param>
    public StatsMeter(StatsStore store, IMeterFactory? factory = null)
    {
        _store = store;
        _ownsMeter = factory is null;
        var options = new MeterOptions(Name);
        if (factory is not null)
        {
            _meter = factory.Create(options);
        }
        else
        {
            options.Scope = store;
            _meter = new Meter(options);
        }

        // First the event, then the list: what comes between is met twice and made once.
        store.Added += OnAdded;
        var snapshot = store.Snapshot();
        foreach (var counter in snapshot.Counters)
            OnAdded(counter);
        foreach (var gauge in snapshot.Gauges)
            OnAdded(gauge);
    }

    /// <summary>Stops showing. A meter made by a factory is the factory's to dispose: its instruments then measure nothing.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        _store.Added -= OnAdded;
        if (_ownsMeter)
            _meter.Dispose();
    }

    private void OnAdded(Stat stat)
    {
        if (stat is not (Counter or Gauge))
            return;
        var key = (stat is Counter, stat.Tags.Name);
        lock (_lock)
        {
            if (_disposed || !_instruments.Add(key))
                return;
        }

        // Outside the lock: making an instrument calls listeners.
        var name = "envoy." + key.Name;
        if (key.Item1)
            _meter.CreateObservableCounter(name, () => Measure(key));
        else
            _meter.CreateObservableGauge(name, () => Measure(key));
    }

    private List<Measurement<long>> Measure((bool Counter, string Name) key)
    {
        var measurements = new List<Measurement<long>>();
        if (!Index().TryGetValue(key, out var stats))
            return measurements;
        foreach (var stat in stats)
        {
            var tags = new KeyValuePair<string, object?>[stat.Tags.Tags.Count];
            for (var i = 0; i < tags.Length; i++)
                tags[i] = new KeyValuePair<string, object?>(stat.Tags.Tags[i].Name, stat.Tags.Tags[i].Value);
            measurements.Add(new Measurement<long>(stat is Counter counter ? counter.Value : ((Gauge)stat).Value, tags));
        }

        return measurements;
    }

    private Dictionary<(bool Counter, string Name), List<Stat>> Index()
    {
        lock (_lock)
        {
            if (_disposed)
                return [];
            if (_indexVersion == _store.Version)
                return _index;
            var snapshot = _store.Snapshot();
            var index = new Dictionary<(bool Counter, string Name), List<Stat>>();
            foreach (var counter in snapshot.Counters)
                Add(index, counter, isCounter: true);
            foreach (var gauge in snapshot.Gauges)
                Add(index, gauge, isCounter: false);
            _index = index;
            _indexVersion = snapshot.Version;
            return index;
        }
    }

    private static void Add(Dictionary<(bool Counter, string Name), List<Stat>> index, Stat stat, bool isCounter)
    {
        var key = (isCounter, stat.Tags.Name);
        if (!index.TryGetValue(key, out var stats))
            index.Add(key, stats = []);
        stats.Add(stat);
    }
}
