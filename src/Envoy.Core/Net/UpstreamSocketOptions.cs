using Envoy.Extensions;
using Envoy.Runtime;

namespace Envoy.Net;

/// <summary>What a single connection asks of its cluster's transport socket, and of its own socket. Immutable.</summary>
internal sealed record UpstreamSocketOptions
{
    /// <summary>It asks for nothing.</summary>
    public static UpstreamSocketOptions None { get; } = new();

    /// <summary>The server name to ask for instead of the configured one (<c>auto_sni</c>); null: the configured one.</summary>
    public string? ServerName { get; init; }

    /// <summary>A subject alternative name that the certificate must have, instead of the configured ones (<c>auto_san_validation</c>); null: those.</summary>
    public string? RequiredName { get; init; }

    /// <summary>The endpoint's own host name, for <c>auto_host_sni</c>; empty: it has none.</summary>
    public string HostName { get; init; } = "";

    /// <summary>Protocols to offer where the configuration names none (ALPN).</summary>
    public ValueList<string> FallbackProtocols { get; init; } = [];

    /// <summary>Protocols to offer whatever the configuration says; empty: as configured.</summary>
    public ValueList<string> Protocols { get; init; } = [];

    /// <summary>Whom the PROXY protocol tells of; null: nobody.</summary>
    public ClientAddresses? Client { get; init; }

    /// <summary>Where the connection comes from; null: where the cluster says.</summary>
    public SourceBinding? Source { get; init; }

    /// <summary>The endpoint's own extensions of the PROXY protocol's header.</summary>
    public ValueList<ProxyProtocolTlv> HostTlvs { get; init; } = [];
}
