using System.Text;
using Envoy.Http.Headers;

namespace Envoy.Routing;

/// <summary>Forwards to a cluster, which it names and does not touch. Immutable.</summary>
internal sealed class ForwardAction : RouteAction
{
    internal ForwardAction(ForwardActionConfig config) => Config = config;

    /// <summary>What was asked for.</summary>
    public ForwardActionConfig Config { get; }

    /// <summary>The cluster's name; empty: a header or a draw says it.</summary>
    public string Cluster => Config.Cluster;

    /// <summary>The request header that holds the cluster's name; null: none.</summary>
    public HeaderName? ClusterHeader { get; init; }

    /// <summary>Clusters with a share each; null: none.</summary>
    public WeightedClusters? Weighted { get; init; }

    /// <summary>The status when there is no such cluster.</summary>
    public int ClusterNotFoundStatus => Config.ClusterNotFoundResponseCode;

    /// <summary>From the end of the request to the end of the response; zero: none.</summary>
    public TimeSpan Timeout => Config.Timeout;

    /// <summary>The stream's idle timeout instead of the connection manager's; null: that one; zero: none.</summary>
    public TimeSpan? IdleTimeout => Config.IdleTimeout;

    /// <summary>What the path becomes; null: it stays.</summary>
    public PathRewrite? PathRewrite { get; init; }

    /// <summary>What the host becomes; null: it stays.</summary>
    public HostRewrite? HostRewrite { get; init; }

    /// <summary>Retries: the route's, else the virtual host's; null: none.</summary>
    public RetryPolicy? Retry { get; init; }

    /// <summary>Hedging: the route's, else the virtual host's; null: none.</summary>
    public HedgePolicyConfig? Hedge { get; init; }

    /// <summary>Mirrors: the route's, else the virtual host's, else the table's.</summary>
    public RequestMirror[] Mirrors { get; init; } = [];

    /// <summary>What a hash is made of; null: nothing.</summary>
    public HashPolicy? Hash { get; init; }

    /// <summary>Redirects followed here; null: none.</summary>
    public InternalRedirects? Redirects { get; init; }

    /// <summary>How CONNECT requests are ended here; null: they are forwarded as they are.</summary>
    public ConnectConfig? Connect { get; init; }

    /// <summary>The cluster for a request: the draw among several, where there are several; null: the action's own name or header says it.</summary>
    public WeightedCluster? Draw(in RouteInput input, ulong? hash) => Weighted?.Draw(input, hash);

    /// <summary>Whether the route allows (true) or forbids (false) an upgrade; null: the connection manager decides.</summary>
    public bool? AllowsUpgrade(ReadOnlySpan<byte> type)
    {
        foreach (var upgrade in Config.UpgradeConfigs.AsSpan())
        {
            if (Ascii.EqualsIgnoreCase(type, upgrade.UpgradeType))
                return upgrade.Enabled;
        }

        return null;
    }
}
