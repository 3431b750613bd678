namespace Envoy.Filters.Listener.ProxyProtocol;

/// <summary>Versions of the PROXY protocol (<c>core.v3.ProxyProtocolConfig.Version</c>).</summary>
public enum ProxyProtocolVersion
{
    /// <summary>One line of text.</summary>
    V1,

    /// <summary>Binary, with extensions.</summary>
    V2,
}
