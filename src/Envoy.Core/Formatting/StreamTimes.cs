namespace Envoy.Formatting;

/// <summary>
/// The moments of an exchange that durations are made of, in nanoseconds from its beginning, plus one; 0: not reached. Worker-owned.
/// </summary>
internal struct StreamTimes
{
    public long LastDownstreamRx;
    public long UpstreamConnectStart;
    public long UpstreamConnectEnd;
    public long UpstreamHandshakeEnd;
    public long FirstUpstreamTx;
    public long LastUpstreamTx;
    public long FirstUpstreamRx;
    public long FirstUpstreamRxBody;
    public long LastUpstreamRx;
    public long FirstDownstreamTx;
    public long LastDownstreamTx;
    public long LastDownstreamAck;
    public long DownstreamHandshakeEnd;

    /// <summary>A moment so many milliseconds after the beginning.</summary>
    public static long At(long milliseconds) => (Math.Max(0, milliseconds) * 1_000_000) + 1;
}
