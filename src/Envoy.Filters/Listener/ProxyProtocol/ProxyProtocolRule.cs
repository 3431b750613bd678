namespace Envoy.Filters.Listener.ProxyProtocol;

/// <summary>What becomes of one kind of extension of a header (<c>ProxyProtocol.Rule</c>): its value is noted with the connection. Immutable.</summary>
/// <param name="TlvType">The kind, 0 to 255.</param>
/// <param name="Key">The name of the value; not empty.</param>
public sealed record ProxyProtocolRule(byte TlvType, string Key)
{
    /// <summary>The namespace of the value. Default: the filter's name.</summary>
    public string MetadataNamespace { get; init; } = "envoy.filters.listener.proxy_protocol";
}
