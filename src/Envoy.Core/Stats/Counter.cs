namespace Envoy.Stats;

/// <summary>A number that only grows: the sum of what every shard counted, and of what was counted process-wide. Thread-safe.</summary>
internal sealed class Counter : Stat
{
    private readonly CellPage _page;
    private readonly int _slot;
    private SharedCounter? _shared;
    private long _resetAt;

    internal Counter(string name, CellPage page, int slot)
        : base(name)
    {
        _page = page;
        _slot = slot;
    }

    /// <summary>The sum over all shards since the last reset.</summary>
    public long Value => Total - Volatile.Read(ref _resetAt);

    public override bool Used => Total != 0;

    private long Total => _page.Sum(_slot) + (Volatile.Read(ref _shared)?.Value ?? 0);

    /// <summary>The part that <paramref name="shard"/>'s owner may write.</summary>
    public CounterCell Cell(int shard) => new(_page.Shard(shard), _slot);

    /// <summary>The part that any thread may write, atomically.</summary>
    public SharedCounter Shared()
    {
        var shared = Volatile.Read(ref _shared);
        if (shared is not null)
            return shared;
        var made = new SharedCounter();
        return Interlocked.CompareExchange(ref _shared, made, null) ?? made;
    }

    /// <summary>Counts from zero again. The shards' own numbers stay, since only their owners may write them.</summary>
    public void Reset() => Volatile.Write(ref _resetAt, Total);
}
