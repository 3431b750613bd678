using Envoy.AccessLog;
using Envoy.Clusters;
using Envoy.Extensions;
using Envoy.Listeners;
using Envoy.Net;
using Envoy.RuntimeSettings;
using Envoy.TransportSockets.Tls;

namespace Envoy.Proxy;

/// <summary>
/// Everything a proxy was asked for, whether by YAML or by code (<c>envoy.config.bootstrap.v3.Bootstrap</c>). Compares by content. Immutable.
/// </summary>
public sealed record ProxyConfig
{
    /// <summary>Who this proxy is; optional.</summary>
    public NodeConfig Node { get; init; } = new();

    /// <summary>The admin interface; null (default): none.</summary>
    public AdminConfig? Admin { get; init; }

    /// <summary>The runtime's layers. Default: none, and the admin may set keys.</summary>
    public LayeredRuntimeConfig LayeredRuntime { get; init; } = new();

    /// <summary>The listeners.</summary>
    public ValueList<ListenerConfig> Listeners { get; init; } = [];

    /// <summary>The clusters.</summary>
    public ValueList<ClusterConfig> Clusters { get; init; } = [];

    /// <summary>Certificates, and ways to check some, that TLS contexts refer to by name. Default: none.</summary>
    public ValueList<SecretConfig> Secrets { get; init; } = [];
}

/// <summary>This proxy's identity (<c>core.v3.Node</c>). Immutable.</summary>
public sealed record NodeConfig
{
    /// <summary>The node's id; may be empty.</summary>
    public string Id { get; init; } = "";

    /// <summary>The node's (service) cluster; may be empty.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>Region; may be empty.</summary>
    public string Region { get; init; } = "";

    /// <summary>Zone; may be empty.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Sub-zone; may be empty.</summary>
    public string SubZone { get; init; } = "";
}

/// <summary>The admin interface (<c>bootstrap.v3.Admin</c>). Immutable.</summary>
public sealed record AdminConfig
{
    /// <summary>Where it listens.</summary>
    public required AddressConfig Address { get; init; }

    /// <summary>Told of every request to it. Default: none.</summary>
    public ValueList<AccessLogConfig> AccessLogs { get; init; } = [];
}
