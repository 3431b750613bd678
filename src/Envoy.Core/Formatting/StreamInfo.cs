using System.Net;

namespace Envoy.Formatting;

/// <summary>What is known of one exchange: an HTTP stream or a TCP session. Valid while an access log is written, then reused. Worker-owned.</summary>
public sealed class StreamInfo
{
    /// <summary>When it began.</summary>
    public DateTimeOffset StartTime { get; internal set; }

    /// <summary>From its beginning to its end, in milliseconds.</summary>
    public long DurationMilliseconds { get; internal set; }

    /// <summary>The response's status; 0 if none was sent, and for TCP.</summary>
    public int ResponseCode { get; internal set; }

    /// <summary>Envoy's word for how the response came about; null if there is none.</summary>
    public string? ResponseCodeDetails { get; internal set; }

    /// <summary>Why a TCP session or connection was ended by us; null if it was not.</summary>
    public string? ConnectionTerminationDetails { get; internal set; }

    /// <summary>What went wrong.</summary>
    public ResponseFlags ResponseFlags { get; internal set; }

    /// <summary>Bytes of the request's body, or received from a TCP client.</summary>
    public long BytesReceived { get; internal set; }

    /// <summary>Bytes of the response's body, or sent to a TCP client.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>The route's name; null if there is none.</summary>
    public string? RouteName { get; internal set; }

    /// <summary>The cluster's name; null if none was chosen.</summary>
    public string? UpstreamCluster { get; internal set; }

    /// <summary>The host's address; null if none was chosen.</summary>
    public string? UpstreamHost { get; internal set; }

    /// <summary>The client's address; null for an unnamed socket.</summary>
    public EndPoint? DownstreamRemoteAddress { get; internal set; }

    /// <summary>Marks a flag, keeping those already set.</summary>
    internal void AddFlag(ResponseFlags flag) => ResponseFlags |= flag;

    internal void Clear()
    {
        StartTime = default;
        DurationMilliseconds = 0;
        ResponseCode = 0;
        ResponseCodeDetails = null;
        ConnectionTerminationDetails = null;
        ResponseFlags = ResponseFlags.None;
        BytesReceived = 0;
        BytesSent = 0;
        RouteName = null;
        UpstreamCluster = null;
        UpstreamHost = null;
        DownstreamRemoteAddress = null;
    }
}
