namespace Envoy.Routing;

/// <summary>Forwards to a cluster, which it names and does not touch. Immutable.</summary>
internal sealed class ForwardAction(ForwardActionConfig config) : RouteAction
{
    /// <summary>The cluster's name.</summary>
    public string Cluster { get; } = config.Cluster;

    /// <summary>From the end of the request to the end of the response; zero: none.</summary>
    public TimeSpan Timeout { get; } = config.Timeout;

    /// <summary>The stream's idle timeout instead of the connection manager's; null: that one; zero: none.</summary>
    public TimeSpan? IdleTimeout { get; } = config.IdleTimeout;
}
