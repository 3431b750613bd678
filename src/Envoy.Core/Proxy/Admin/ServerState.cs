namespace Envoy.Proxy.Admin;

/// <summary>What a proxy is doing (<c>envoy.admin.v3.ServerInfo.State</c>, and its numbers: <c>server.state</c> shows them).</summary>
internal enum ServerState
{
    /// <summary>Serving.</summary>
    Live = 0,

    /// <summary>Serving, but told to fail health checks, or on its way out.</summary>
    Draining = 1,

    /// <summary>Reading its configuration.</summary>
    PreInitializing = 2,

    /// <summary>Waiting for clusters and listeners to be ready.</summary>
    Initializing = 3,
}
