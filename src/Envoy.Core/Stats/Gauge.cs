namespace Envoy.Stats;

/// <summary>A number that goes up and down: the sum of every shard's part and of the process-wide part. Thread-safe.</summary>
internal sealed class Gauge : Stat
{
    /// <summary>Slots of a page that one gauge takes.</summary>
    internal const int Slots = 2;

    private readonly CellPage _page;
    private readonly int _slot;
    private SharedGauge? _shared;

    internal Gauge(string name, CellPage page, int slot)
        : base(name)
    {
        _page = page;
        _slot = slot;
    }

    /// <summary>
    /// The sum over all shards, never below zero: shards are read one after another while they are written, and Envoy's gauges have no sign.
    /// </summary>
    public long Value => Math.Max(0, _page.Sum(_slot) + (Volatile.Read(ref _shared)?.Value ?? 0));

    public override bool Used => _page.Sum(_slot + 1) != 0 || (Volatile.Read(ref _shared)?.Used ?? false);

    /// <summary>The part that <paramref name="shard"/>'s owner may write.</summary>
    public GaugeCell Cell(int shard) => new(_page.Shard(shard), _slot);

    /// <summary>The part that any thread may write, atomically.</summary>
    public SharedGauge Shared()
    {
        var shared = Volatile.Read(ref _shared);
        if (shared is not null)
            return shared;
        var made = new SharedGauge();
        return Interlocked.CompareExchange(ref _shared, made, null) ?? made;
    }
}
