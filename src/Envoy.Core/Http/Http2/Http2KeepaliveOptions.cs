namespace Envoy.Http.Http2;

/// <summary>Signs of life that are asked for with PING (<c>core.v3.KeepaliveSettings</c>). Immutable.</summary>
public sealed record Http2KeepaliveOptions
{
    /// <summary>How often a PING is sent; zero (default): never. At least 1 ms.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>How long an answer may take before the connection is closed. At least 1 ms.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>How much the interval is made longer at random, 0 to 100 per cent. Default 15.</summary>
    public double IntervalJitterPercent { get; init; } = 15;

    /// <summary>A connection without streams for so long is asked before its next one; zero (default): it is not. At least 1 ms.</summary>
    public TimeSpan ConnectionIdleInterval { get; init; }
}
