using System.Net;
using Envoy.Formatting;

namespace Envoy.Testing;

/// <summary>What an access log was told of one exchange. Immutable.</summary>
public sealed record AccessLogRecord
{
    internal AccessLogRecord(StreamInfo info)
    {
        StartTime = info.StartTime;
        DurationMilliseconds = info.DurationMilliseconds;
        Status = info.ResponseCode;
        Details = info.ResponseCodeDetails;
        TerminationDetails = info.ConnectionTerminationDetails;
        Flags = info.ResponseFlags;
        BytesReceived = info.BytesReceived;
        BytesSent = info.BytesSent;
        Route = info.RouteName;
        Cluster = info.UpstreamCluster;
        UpstreamHost = info.UpstreamHost;
        DownstreamRemoteAddress = info.DownstreamRemoteAddress;
        DownstreamDirectRemoteAddress = info.DownstreamDirectRemoteAddress;
        DownstreamLocalAddress = info.DownstreamLocalAddress;
        RequestedServerName = info.RequestedServerName;
        FilterChain = info.FilterChainName;
        TlsJa3Fingerprint = info.TlsJa3Fingerprint;
        TlsJa4Fingerprint = info.TlsJa4Fingerprint;
    }

    /// <summary>When it began, by the proxy's clock.</summary>
    public DateTimeOffset StartTime { get; }

    /// <summary>How long it lasted, by the proxy's clock.</summary>
    public long DurationMilliseconds { get; }

    /// <summary>The response's status; 0 if none was sent, and for TCP.</summary>
    public int Status { get; }

    /// <summary>Envoy's response-code details; null if there are none.</summary>
    public string? Details { get; }

    /// <summary>Envoy's connection-termination details; null if there are none.</summary>
    public string? TerminationDetails { get; }

    /// <summary>The response flags.</summary>
    public ResponseFlags Flags { get; }

    /// <summary>Bytes of the request's body, or received from a TCP client.</summary>
    public long BytesReceived { get; }

    /// <summary>Bytes of the response's body, or sent to a TCP client.</summary>
    public long BytesSent { get; }

    /// <summary>The route's name; null if there is none.</summary>
    public string? Route { get; }

    /// <summary>The cluster; null if none was chosen.</summary>
    public string? Cluster { get; }

    /// <summary>The upstream host's address; null if none was chosen.</summary>
    public string? UpstreamHost { get; }

    /// <summary>The client's address.</summary>
    public EndPoint? DownstreamRemoteAddress { get; }

    /// <summary>The address of whoever was connected.</summary>
    public EndPoint? DownstreamDirectRemoteAddress { get; }

    /// <summary>Where the client wanted to go.</summary>
    public EndPoint? DownstreamLocalAddress { get; }

    /// <summary>The server name that the client asked for; null if it named none.</summary>
    public string? RequestedServerName { get; }

    /// <summary>The filter chain's name; null if it has none.</summary>
    public string? FilterChain { get; }

    /// <summary>The JA3 fingerprint; null if none was taken.</summary>
    public string? TlsJa3Fingerprint { get; }

    /// <summary>The JA4 fingerprint; null if none was taken.</summary>
    public string? TlsJa4Fingerprint { get; }
}
