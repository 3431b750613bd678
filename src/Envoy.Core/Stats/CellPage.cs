namespace Envoy.Stats;

/// <summary>
/// Storage of some statistics' numbers: one array per shard, the same slot of each belonging to one statistic. A worker's numbers so lie
/// close together, and no cache line is written by two workers. Slots are not used again: the page goes when its last statistic does.
/// The arrays are written by the shards' owners and read by anybody. Slots are given out under the store's lock.
/// </summary>
internal sealed class CellPage
{
    // A cache line is 64 bytes on x86-64 and most Arm64; Apple's and the adjacent-line prefetcher's pair is 128.
    private const int Guard = 128 / sizeof(long);
    private const int Usable = 96;

    private readonly long[][] _shards;
    private int _used;

    public CellPage(int shardCount)
    {
        _shards = new long[shardCount][];
        for (var i = 0; i < shardCount; i++)
            _shards[i] = new long[Guard + Usable + Guard];
    }

    public int ShardCount => _shards.Length;

    public long[] Shard(int shard) => _shards[shard];

    /// <summary>Reserves <paramref name="count"/> adjacent slots; -1 when the page is full.</summary>
    public int TryReserve(int count)
    {
        if (_used + count > Usable)
            return -1;
        var first = Guard + _used;
        _used += count;
        return first;
    }

    public long Sum(int slot)
    {
        var sum = 0L;
        foreach (var shard in _shards)
            sum += Volatile.Read(ref shard[slot]);
        return sum;
    }
}
