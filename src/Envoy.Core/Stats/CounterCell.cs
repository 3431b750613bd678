namespace Envoy.Stats;

/// <summary>
/// One shard's part of a <see cref="Counter"/>: plain additions, no atomics. Kept in a field, it costs a group of statistics no object per
/// number. Worker-owned.
/// </summary>
internal readonly struct CounterCell
{
    private readonly long[] _page;
    private readonly int _slot;

    internal CounterCell(long[] page, int slot)
    {
        _page = page;
        _slot = slot;
    }

    /// <summary>What this shard counted; a reset of the counter does not change it.</summary>
    public long Value => Volatile.Read(ref _page[_slot]);

    /// <summary>Adds one.</summary>
    public void Inc() => _page[_slot]++;

    /// <summary>Adds <paramref name="amount"/>, 0 or more.</summary>
    public void Add(long amount) => _page[_slot] += amount;
}
