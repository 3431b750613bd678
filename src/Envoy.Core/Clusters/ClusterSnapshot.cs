using System.Collections.Immutable;
using System.Net;
using Envoy.Clusters.Hosts;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Stats;
using Envoy.TransportSockets;

namespace Envoy.Clusters;

/// <summary>
/// A cluster's configuration, checked and compiled, shared by all workers. What it refers to that changes (limits, statistics) is thread-safe.
/// Immutable.
/// </summary>
internal sealed class ClusterSnapshot
{
    private readonly ImmutableArray<SourceBinding> _sources;

    private ClusterSnapshot(ClusterConfig config, StatsStore stats, TransportSocketContext? sockets)
    {
        Config = config;
        StatName = config.AltStatName.Length > 0 ? config.AltStatName : config.Name;
        Stats = stats.Scope("cluster." + StatName);
        Limits = new ClusterLimits(config.CircuitBreakers, new CircuitBreakerStats(Stats, "default"));
        _sources = Sources(config.UpstreamBind);
        Keepalive = config.TcpKeepalive is { } k ? new TcpKeepalive(k.Probes, k.TimeSeconds, k.IntervalSeconds) : null;
        Sockets = new ClusterSockets(config, Stats, stats.MainShard, sockets);
        HighPriorityLimits = new ClusterLimits(config.HighPriorityCircuitBreakers, new CircuitBreakerStats(Stats, "high"));
    }

    public string Name => Config.Name;

    /// <summary>The name in statistics; Envoy's "observability name".</summary>
    public string StatName { get; }

    /// <summary>What was asked for.</summary>
    public ClusterConfig Config { get; }

    /// <summary>Time for a connection to be made, its TLS handshake included.</summary>
    public TimeSpan ConnectTimeout => Config.ConnectTimeout;

    /// <summary>After this long without a request a pooled connection is closed; zero: never.</summary>
    public TimeSpan IdleTimeout => Config.IdleTimeout;

    /// <summary>Soft limit of an upstream connection's buffers in bytes.</summary>
    public uint PerConnectionBufferLimitBytes => Config.PerConnectionBufferLimitBytes;

    /// <summary>Circuit breakers of requests with the default priority, which are all.</summary>
    public ClusterLimits Limits { get; }

    /// <summary>Circuit breakers of requests with the high priority.</summary>
    public ClusterLimits HighPriorityLimits { get; }

    /// <summary><c>cluster.NAME</c>; released when the cluster goes.</summary>
    public StatsScope Stats { get; }

    /// <summary>What lies between its connections and their users.</summary>
    public ClusterSockets Sockets { get; }

    /// <summary>Probes of silent connections; null: none.</summary>
    public TcpKeepalive? Keepalive { get; }

    /// <summary>Where a connection to <paramref name="remote"/> comes from; null: wherever the system chooses. As in Envoy the first address, where none is of its family.</summary>
    public SourceBinding? SourceFor(EndPoint remote)
    {
        if (_sources.IsEmpty || remote is not IPEndPoint)
            return null;
        foreach (var source in _sources)
        {
            if (source.Address.AddressFamily == remote.AddressFamily)
                return source;
        }

        return _sources[0];
    }

    /// <summary>Compiles <paramref name="config"/>.</summary>
    /// <exception cref="ArgumentException">The configuration is not usable; the message says why.</exception>
    public static ClusterSnapshot Compile(ClusterConfig config, StatsStore stats, TransportSocketContext? sockets = null)
    {
        Check(config);
        return new ClusterSnapshot(config, stats, sockets);
    }

    /// <summary>Throws if <paramref name="config"/> is not usable.</summary>
    /// <exception cref="ArgumentException">The message says why.</exception>
    public static void Check(ClusterConfig config)
    {
        Require(config.Name.Length > 0, config, "the name is empty");
        Require(config.ConnectTimeout > TimeSpan.Zero, config, "connect_timeout must be above 0");
        Require(config.IdleTimeout >= TimeSpan.Zero, config, "idle_timeout must not be negative");
        Require(config.DnsRefreshRate >= TimeSpan.FromMilliseconds(1), config, "dns_refresh_rate must be at least 1 ms");
        foreach (var locality in config.Endpoints)
        {
            Require(locality.Priority <= HostSetSnapshot.MaxPriority, config, $"a priority must be at most {HostSetSnapshot.MaxPriority}");
            foreach (var endpoint in locality.LbEndpoints)
            {
                Require(endpoint.LoadBalancingWeight > 0, config, $"the weight of {endpoint.Address} is 0");
                if (config.Type == DiscoveryType.Static)
                {
                    Require(EndPoints.TryResolve(endpoint.Address, out _), config,
                        $"malformed IP address: {endpoint.Address} (a cluster with host names needs the type STRICT_DNS)");
                }
                else
                {
                    Require(endpoint.Address is SocketAddressConfig { Address.Length: > 0 }, config,
                        $"{endpoint.Address} is not a host name with a port, as STRICT_DNS needs");
                }
            }
        }
    }

    private static void Require(bool condition, ClusterConfig config, string message)
    {
        if (!condition)
            throw new ArgumentException($"Cluster '{config.Name}': {message}.", nameof(config));
    }

    private static ImmutableArray<SourceBinding> Sources(UpstreamBindConfig? bind)
    {
        if (bind is null)
            return [];
        return [.. bind.ExtraSourceAddresses.Prepend(bind.SourceAddress).Select(a => new SourceBinding(new IPEndPoint(IPAddress.Parse(a.Address), a.PortValue), FreeBind: bind.FreeBind))];
    }
}
