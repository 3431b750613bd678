using Envoy.Http.Http2;
using Envoy.RuntimeSettings;

namespace Envoy.ConnectionManager.Codecs;

/// <summary>
/// What a client's resets amount to, against two limits: how many of its streams come to nothing, and how often it resets any. Worker-owned.
/// </summary>
/// <remarks>
/// The first is Envoy's: a stream that ends soon and without an answer is premature, and a connection of which half the streams are is closed; it need not
/// have had as many streams as the rule looks at, when good ones could not make up for it any more. The second is a bucket of
/// <c>stream_reset_burst</c> tokens to which <c>stream_reset_rate</c> come in a second.
/// </remarks>
internal sealed class StreamResets(Http2ProtocolOptions options, RuntimeLoader runtime, long now)
{
    private const string TotalStreamsKey = "overload.premature_reset_total_stream_count";
    private const string LifetimeKey = "overload.premature_reset_min_stream_lifetime_seconds";
    private const ulong TotalStreams = 500;
    private const ulong LifetimeSeconds = 1;

    private ulong _closed;
    private ulong _premature;
    private double _tokens = options.StreamResetBurst;
    private long _filledAt = now;

    /// <summary>Too many of the connection's streams have come to nothing.</summary>
    public bool TooManyPremature
    {
        get
        {
            if (_premature == 0)
                return false;
            var total = Math.Max(_closed, runtime.Current.GetInteger(TotalStreamsKey, TotalStreams));
            return _premature >= total / 2.0;
        }
    }

    /// <summary>A stream is over.</summary>
    public void OnClosed(Http2Stream stream, long now)
    {
        _closed++;
        if (!stream.HasResponded && (ulong)(now - stream.BegunAt) / 1000 <= runtime.Current.GetInteger(LifetimeKey, LifetimeSeconds))
            _premature++;
    }

    /// <summary>The client resets a stream; false: it does so too often.</summary>
    public bool TryReset(long now)
    {
        _tokens = Math.Min(options.StreamResetBurst, _tokens + ((now - _filledAt) / 1000.0 * options.StreamResetRate));
        _filledAt = now;
        if (_tokens < 1)
            return false;
        _tokens--;
        return true;
    }
}
