using System.Net;
using Envoy.Extensions;
using Envoy.Runtime;

namespace Envoy.Net;

/// <summary>What was found out of an accepted connection before its filter chain was chosen. Worker-owned.</summary>
internal sealed class DownstreamDetails
{
    /// <summary>The client's address as somebody told it, such as a proxy before us; null: nobody did.</summary>
    public EndPoint? RemoteAddress { get; set; }

    /// <summary>Where the client wanted to go; null: nobody knows better than the socket.</summary>
    public EndPoint? LocalAddress { get; set; }

    /// <summary>Where upstream connections for this one are to come from; null: nowhere in particular.</summary>
    public SourceBinding? UpstreamSource { get; set; }

    /// <summary>The server name asked for, in lower case; null: none.</summary>
    public string? ServerName { get; set; }

    /// <summary>The protocols offered, the client's favourite first.</summary>
    public ValueList<string> ApplicationProtocols { get; set; } = [];

    /// <summary><c>tls</c> or <c>raw_buffer</c>; null: nobody has looked.</summary>
    public string? TransportProtocol { get; set; }

    public string? Ja3Fingerprint { get; set; }

    public string? Ja4Fingerprint { get; set; }

    /// <summary>Why it could not be understood, in Envoy's words; null: it was.</summary>
    public string? TransportFailureReason { get; set; }

    /// <summary>Values by namespace and key (Envoy's dynamic metadata); null: none. What fills it bounds it.</summary>
    public Dictionary<(string Namespace, string Key), string>? Metadata { get; set; }

    /// <summary>A proxy before us told of the client by the PROXY protocol.</summary>
    public bool HasProxyHeader { get; set; }

    /// <summary>The type-length-values of the PROXY header that are to be passed on; what filled it bounds it.</summary>
    public ValueList<ProxyProtocolTlv> ProxyProtocolTlvs { get; set; } = [];
}
