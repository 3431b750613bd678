using Envoy.AccessLog;
using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;

namespace Envoy.Filters.Network.TcpProxy;

/// <summary>
/// Options of <c>envoy.filters.network.tcp_proxy</c>, which joins a connection to one of a cluster's hosts. Exactly one of
/// <see cref="Cluster"/> and <see cref="WeightedClusters"/> is set. Immutable.
/// </summary>
public sealed record TcpProxyOptions : NetworkFilterOptions
{
    /// <summary>Statistics are under <c>tcp.PREFIX.</c>; required.</summary>
    public required string StatPrefix { get; init; }

    /// <summary>The cluster; empty where <see cref="WeightedClusters"/> has them.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>Clusters of which each connection goes to one, at random by weight. Default: none.</summary>
    public ValueList<WeightedClusterConfig> WeightedClusters { get; init; } = [];

    /// <summary>Close when no byte moved in either direction for this long. Default 1 h; <see cref="TimeSpan.Zero"/>: never.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many upstream connections are tried before the downstream one is closed. Default 1; at least 1.</summary>
    public uint MaxConnectAttempts { get; init; } = 1;

    /// <summary>The wait before the second attempt, at random up to it; it doubles with each further one. Default null: none.</summary>
    public TimeSpan? ConnectBackOff { get; init; }

    /// <summary>The longest wait between attempts. Default null: ten times <see cref="ConnectBackOff"/>.</summary>
    public TimeSpan? MaxConnectBackOff { get; init; }

    /// <summary>Ask the upstream for a tunnel; null (default): connect to it as it is.</summary>
    public TunnelingConfig? Tunneling { get; init; }

    /// <summary>Close a downstream connection this old. Default null: however old; in YAML at least 1 ms.</summary>
    public TimeSpan? MaxDownstreamConnectionDuration { get; init; }

    /// <inheritdoc/>
    public override bool IsTerminal => true;

    /// <summary>Checks that the clusters exist.</summary>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        AccessLogSet.Validate(AccessLogs, validation);
        validation.RequireCluster(this, "cluster", Cluster);
        if (Tunneling is { } tunneling)
            validation.In("tunneling_config", () => tunneling.Validate(validation));
        if (MaxConnectBackOff < ConnectBackOff)
            validation.ErrorAt(this, "backoff_options", "max_interval must be greater than or equal to the base_interval");
        ulong sum = 0;
        validation.In("weighted_clusters", () => validation.Each("clusters", WeightedClusters, weighted =>
        {
            validation.RequireCluster(weighted, "name", weighted.Name);
            sum += weighted.Weight;
        }));

        // The draw is a 32-bit number below the sum.
        if (sum > uint.MaxValue)
            validation.Error(this, "weighted_clusters", $"the weights add up to {sum}; at most {uint.MaxValue} is allowed");
    }

    /// <summary>Told of every finished connection. Default: none.</summary>
    public ValueList<AccessLogConfig> AccessLogs { get; init; } = [];

    /// <summary>Tell the access logs when the upstream connection is there, too. Default false.</summary>
    public bool FlushAccessLogOnConnected { get; init; }

    /// <summary>Tell the access logs of connections under way, too, this often; at least 1 ms. Default null: not.</summary>
    public TimeSpan? AccessLogFlushInterval { get; init; }

    /// <inheritdoc/>
    protected internal override INetworkFilterSnapshot Compile(FilterCompileContext context) => new TcpProxySnapshot(this, context);
}
