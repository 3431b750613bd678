using Envoy.Proxy;

namespace Envoy.Hosting;

/// <summary>How a proxy lives inside an application. Filled by the host's options system, before the proxy starts.</summary>
public sealed class EnvoyProxyHostingOptions
{
    /// <summary>
    /// How the proxy runs. Its logger factory, clock and meter factory are the application's own where this leaves them at their defaults.
    /// </summary>
    public EnvoyProxyOptions Proxy { get; set; } = new();

    /// <summary>
    /// When the application stops: how long requests under way may take to finish. Zero ends them at once. Default 10 s; the application's own
    /// shutdown timeout (30 s by default) bounds it too.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Stop the application when somebody asks for it (<c>POST /quitquitquit</c> on the admin interface). Default false: an application is
    /// more than its proxy.
    /// </summary>
    public bool StopApplicationOnRequest { get; set; }
}
