using Envoy.Extensions;

namespace Envoy.Net;

/// <summary>What a PROXY protocol header that goes before a connection's bytes holds (<c>core.v3.ProxyProtocolConfig</c>). Immutable.</summary>
public sealed record ProxyProtocolConfig
{
    /// <summary>Default <see cref="ProxyProtocolHeaderVersion.V1"/>, which has no extensions.</summary>
    public ProxyProtocolHeaderVersion Version { get; init; }

    /// <summary>Which extensions of the client's own header, as far as the listener filter kept them, are passed on; null (default): none.</summary>
    public PassThroughTlvs? PassThrough { get; init; }

    /// <summary>Extensions to add; one that is passed on gives way to one of its type here. Default: none.</summary>
    public ValueList<ProxyProtocolTlv> AddedTlvs { get; init; } = [];
}
