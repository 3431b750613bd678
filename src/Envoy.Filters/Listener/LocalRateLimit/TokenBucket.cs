namespace Envoy.Filters.Listener.LocalRateLimit;

/// <summary>
/// Tokens that come with time, for all workers. What it holds is a moment: that at which it would have been empty had it been left alone since.
/// Thread-safe.
/// </summary>
internal sealed class TokenBucket
{
    private readonly TimeProvider _time;
    private readonly double _ticksPerToken;
    private readonly double _ticksWhenFull;
    private long _emptyAt;

    public TokenBucket(TokenBucketConfig config, TimeProvider time)
    {
        _time = time;
        _ticksPerToken = config.FillInterval.TotalSeconds * time.TimestampFrequency / config.TokensPerFill;
        _ticksWhenFull = _ticksPerToken * config.MaxTokens;
        _emptyAt = time.GetTimestamp() - (long)Math.Ceiling(_ticksWhenFull);
    }

    /// <summary>Takes one; false: there is none.</summary>
    public bool TryTake()
    {
        var now = _time.GetTimestamp();
        while (true)
        {
            var emptyAt = Volatile.Read(ref _emptyAt);
            var from = Math.Max(emptyAt, now - (long)Math.Ceiling(_ticksWhenFull));
            var after = from + (long)_ticksPerToken;
            if (after > now)
                return false;
            if (Interlocked.CompareExchange(ref _emptyAt, after, emptyAt) == emptyAt)
                return true;
        }
    }
}
