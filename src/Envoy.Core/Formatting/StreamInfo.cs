using System.Net;
using Envoy.Net;
using Envoy.Net.Tls;

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

    /// <summary>The port that was taken off the authority of CONNECT; 0: none was.</summary>
    internal int ConnectPort { get; set; }

    /// <summary>Bytes of the request's body, or received from a TCP client.</summary>
    public long BytesReceived { get; internal set; }

    /// <summary>Bytes of the response's body, or sent to a TCP client.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>The client's protocol, such as <c>HTTP/1.1</c>; null for TCP.</summary>
    public string? Protocol { get; internal set; }

    /// <summary>The upstream's protocol; null if there was no upstream.</summary>
    public string? UpstreamProtocol { get; internal set; }

    /// <summary>The route's name; null if there is none.</summary>
    public string? RouteName { get; internal set; }

    /// <summary>The virtual cluster that the request counted for; null if none.</summary>
    public string? VirtualClusterName { get; internal set; }

    /// <summary>The cluster's name; null if none was chosen.</summary>
    public string? UpstreamCluster { get; internal set; }

    /// <summary>The cluster's name in statistics (<c>alt_stat_name</c>); null: as <see cref="UpstreamCluster"/>.</summary>
    public string? UpstreamClusterStatName { get; internal set; }

    /// <summary>The host's address; null if none was chosen.</summary>
    public string? UpstreamHost { get; internal set; }

    /// <summary>The host's name; null or empty if it has none.</summary>
    public string? UpstreamHostName { get; internal set; }

    /// <summary>Our end of the upstream's connection; null if there was none.</summary>
    public EndPoint? UpstreamLocalAddress { get; internal set; }

    /// <summary>The other end of the upstream's connection; null if there was none.</summary>
    public EndPoint? UpstreamRemoteAddress { get; internal set; }

    /// <summary>Why there was no connection to the upstream; null if there was.</summary>
    public string? UpstreamTransportFailureReason { get; internal set; }

    /// <summary>How many times the request was sent; 0 if never.</summary>
    public int AttemptCount { get; internal set; }

    /// <summary>The client's address, as far as the proxy trusts what it was told; null for an unnamed socket.</summary>
    public EndPoint? DownstreamRemoteAddress { get; internal set; }

    /// <summary>The address of whoever is connected; null for an unnamed socket.</summary>
    public EndPoint? DownstreamDirectRemoteAddress { get; internal set; }

    /// <summary>Our end of the client's connection; null for an unnamed socket.</summary>
    public EndPoint? DownstreamLocalAddress { get; internal set; }

    /// <summary>As <see cref="DownstreamLocalAddress"/>, before anything restored another one.</summary>
    public EndPoint? DownstreamDirectLocalAddress { get; internal set; }

    /// <summary>What the handshake with the client has established; null without TLS.</summary>
    public TlsConnectionInfo? DownstreamTls { get; internal set; }

    /// <summary>What the handshake with the upstream has established; null without TLS, and while there is no upstream.</summary>
    public TlsConnectionInfo? UpstreamTls { get; internal set; }

    /// <summary>The server name that the client asked for; null if it named none.</summary>
    public string? RequestedServerName { get; internal set; }

    /// <summary>The JA3 fingerprint of the client's TLS; null: a listener filter was not to take it.</summary>
    public string? TlsJa3Fingerprint { get; internal set; }

    /// <summary>The JA4 fingerprint of the client's TLS; null: a listener filter was not to take it.</summary>
    public string? TlsJa4Fingerprint { get; internal set; }

    /// <summary>Why the client's transport could not be understood; null: it was.</summary>
    public string? DownstreamTransportFailureReason { get; internal set; }

    /// <summary>Values that listener filters noted with the connection (Envoy's dynamic metadata); null: none.</summary>
    internal IReadOnlyDictionary<(string Namespace, string Key), string>? ConnectionMetadata { get; set; }

    /// <summary>The client's connection, numbered over the proxy; 0 if there is none.</summary>
    public ulong ConnectionId { get; internal set; }

    /// <summary>The upstream's connection, numbered over the proxy; 0 if there was none.</summary>
    public ulong UpstreamConnectionId { get; internal set; }

    /// <summary>The filter chain's name; null if it has none.</summary>
    public string? FilterChainName { get; internal set; }

    /// <summary>The request was a health check that a filter answered or let pass.</summary>
    public bool IsHealthCheck { get; internal set; }

    /// <summary>When it began, in milliseconds of the worker's clock.</summary>
    internal long BeganAt { get; set; }

    /// <summary>Moments of the exchange, in milliseconds of the worker's clock.</summary>
    internal StreamTimes Times;

    /// <summary>Bytes and packets that TCP sent again; 0 where the system does not say.</summary>
    internal ulong BytesRetransmitted { get; set; }

    /// <summary>As <see cref="BytesRetransmitted"/>, in packets.</summary>
    internal ulong PacketsRetransmitted { get; set; }

    /// <summary>A moment of the worker's clock as <see cref="Times"/> has it.</summary>
    internal long Moment(long now) => StreamTimes.At(now - BeganAt);

    /// <summary>Marks a flag, keeping those already set.</summary>
    internal void AddFlag(ResponseFlags flag) => ResponseFlags |= flag;

    /// <summary>Takes over what is known of the client's connection.</summary>
    internal void SetDownstream(Connection connection)
    {
        DownstreamRemoteAddress = connection.RemoteAddress;
        DownstreamDirectRemoteAddress = connection.DirectRemoteAddress;
        DownstreamLocalAddress = connection.LocalAddress;
        DownstreamDirectLocalAddress = connection.DirectLocalAddress;
        DownstreamTls = connection.Tls;
        RequestedServerName = connection.RequestedServerName;
        FilterChainName = connection.FilterChainName;
        if (connection.Details is not { } details)
            return;
        TlsJa3Fingerprint = details.Ja3Fingerprint;
        TlsJa4Fingerprint = details.Ja4Fingerprint;
        DownstreamTransportFailureReason = details.TransportFailureReason;
    }

    internal void Clear()
    {
        StartTime = default;
        BeganAt = 0;
        DurationMilliseconds = 0;
        ResponseCode = AttemptCount = 0;
        ResponseCodeDetails = ConnectionTerminationDetails = null;
        ResponseFlags = ResponseFlags.None;
        BytesReceived = BytesSent = 0;
        Protocol = UpstreamProtocol = null;
        RouteName = VirtualClusterName = null;
        UpstreamCluster = UpstreamClusterStatName = UpstreamHost = UpstreamHostName = UpstreamTransportFailureReason = null;
        UpstreamLocalAddress = UpstreamRemoteAddress = null;
        DownstreamRemoteAddress = DownstreamDirectRemoteAddress = DownstreamLocalAddress = DownstreamDirectLocalAddress = null;
        RequestedServerName = FilterChainName = null;
        TlsJa3Fingerprint = TlsJa4Fingerprint = DownstreamTransportFailureReason = null;
        ConnectionMetadata = null;
        DownstreamTls = UpstreamTls = null;
        ConnectionId = UpstreamConnectionId = 0;
        IsHealthCheck = false;
        BytesRetransmitted = PacketsRetransmitted = 0;
        Times = default;
    }
}
