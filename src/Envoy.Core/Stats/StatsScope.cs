namespace Envoy.Stats;

/// <summary>
/// A prefix of names, and the owner of the statistics asked for through it: disposing it takes them out of the store unless another scope
/// asked for the same name. What an owner still holds afterwards can be written without harm, and what it asks for afterwards is given but
/// not listed, since a worker may be a little behind. Thread-safe.
/// </summary>
internal sealed class StatsScope : IDisposable
{
    private readonly HashSet<Stat> _held = [];
    private readonly HashSet<StatsScope> _children = [];
    private readonly StatsScope? _parent;

    internal StatsScope(StatsStore store, string prefix, StatsScope? parent = null)
    {
        Store = store;
        Prefix = prefix;
        _parent = parent;
    }

    /// <summary>The store it belongs to.</summary>
    public StatsStore Store { get; }

    /// <summary>The prefix, without a dot at its end; empty for the root.</summary>
    public string Prefix { get; }

    internal bool Released { get; private set; }

    /// <summary>The full name of <paramref name="name"/> in this scope.</summary>
    public string Name(string name)
    {
        name = StatName.Sanitize(name);
        return Prefix.Length == 0 ? name : name.Length == 0 ? Prefix : $"{Prefix}.{name}";
    }

    /// <summary>A scope inside this one, which is disposed with it or before it.</summary>
    public StatsScope Scope(string prefix)
    {
        // The root lives as long as the store: it would only collect what its children's owners forget.
        var child = new StatsScope(Store, Name(prefix), Prefix.Length == 0 ? null : this);
        if (child._parent is not null)
            Store.AddChild(this, child);
        return child;
    }

    /// <summary>The counter of this name, made if it is new.</summary>
    public Counter Counter(string name) => Store.AcquireCounter(this, Name(name));

    /// <summary>The gauge of this name, made if it is new.</summary>
    public Gauge Gauge(string name) => Store.AcquireGauge(this, Name(name));

    /// <summary>The text readout of this name, made if it is new.</summary>
    public TextReadout TextReadout(string name) => Store.AcquireTextReadout(this, Name(name));

    /// <summary>The histogram of this name, made if it is new; the first caller decides the unit.</summary>
    public Histogram Histogram(string name, HistogramUnit unit = HistogramUnit.Milliseconds)
        => Store.AcquireHistogram(this, Name(name), unit);

    /// <summary>A shard's part of the counter of this name.</summary>
    public CounterCell Counter(string name, int shard) => Counter(name).Cell(shard);

    /// <summary>A shard's part of the gauge of this name.</summary>
    public GaugeCell Gauge(string name, int shard) => Gauge(name).Cell(shard);

    /// <summary>A shard's part of the histogram of this name.</summary>
    public HistogramCell Histogram(string name, int shard, HistogramUnit unit = HistogramUnit.Milliseconds) => Histogram(name, unit).Cell(shard);

    /// <summary>The atomic part of the counter of this name.</summary>
    public SharedCounter SharedCounter(string name) => Counter(name).Shared();

    /// <summary>The atomic part of the gauge of this name.</summary>
    public SharedGauge SharedGauge(string name) => Gauge(name).Shared();

    /// <summary>Gives back what was asked for through it and through the scopes inside it. A second call does nothing.</summary>
    public void Dispose() => Store.Release(this);

    /// <summary>Remembers a statistic; false if it is remembered already.</summary>
    internal bool HoldLocked(Stat stat) => _held.Add(stat);

    internal void AddChildLocked(StatsScope child)
    {
        child.Released = Released;
        if (!Released)
            _children.Add(child);
    }

    internal void ReleaseLocked(StatsStore store)
    {
        if (Released)
            return;
        Released = true;
        foreach (var child in _children.ToArray())
            child.ReleaseLocked(store);
        _parent?._children.Remove(this);
        foreach (var stat in _held)
            store.ReleaseLocked(stat);
        _children.Clear();
        _held.Clear();
    }
}
