namespace Envoy.Net;

/// <summary>Versions of the PROXY protocol's header (<c>core.v3.ProxyProtocolConfig.Version</c>).</summary>
public enum ProxyProtocolHeaderVersion
{
    /// <summary>One line of text.</summary>
    V1,

    /// <summary>Binary.</summary>
    V2,
}
