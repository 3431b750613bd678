namespace Envoy.Stats;

/// <summary>One shard's part of a <see cref="Gauge"/>: plain writes, no atomics. May be negative alone. Worker-owned.</summary>
internal readonly struct GaugeCell
{
    // Two slots: the value, and whether it was ever written (a gauge back at zero was used).
    private readonly long[] _page;
    private readonly int _slot;

    internal GaugeCell(long[] page, int slot)
    {
        _page = page;
        _slot = slot;
    }

    public long Value => Volatile.Read(ref _page[_slot]);

    /// <summary>Adds one.</summary>
    public void Inc() => Add(1);

    /// <summary>Takes one away.</summary>
    public void Dec() => Add(-1);

    /// <summary>Adds <paramref name="amount"/>, which may be negative.</summary>
    public void Add(long amount)
    {
        var page = _page;
        page[_slot + 1] = 1;
        page[_slot] += amount;
    }

    /// <summary>Sets this shard's part; other shards' parts are still added to it.</summary>
    public void Set(long value)
    {
        var page = _page;
        page[_slot + 1] = 1;
        page[_slot] = value;
    }
}
