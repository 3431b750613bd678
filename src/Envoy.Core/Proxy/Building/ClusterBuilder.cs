using Envoy.Clusters;
using Envoy.Extensions;
using Envoy.Net;
using Envoy.TransportSockets;

namespace Envoy.Proxy.Building;

/// <summary>Makes one cluster. Used by one thread.</summary>
public sealed class ClusterBuilder
{
    private readonly SortedDictionary<uint, List<EndpointConfig>> _endpoints = [];
    private ClusterConfig _cluster;

    internal ClusterBuilder(string name) => _cluster = new ClusterConfig { Name = name };

    /// <summary>The endpoints are IP addresses or pipes; the default.</summary>
    public ClusterBuilder Static() => With(c => c with { Type = DiscoveryType.Static });

    /// <summary>The endpoints are names: every address that they resolve to is a host.</summary>
    /// <param name="refreshRate">How often they are resolved; above 1 ms; null (default): every 5 s.</param>
    public ClusterBuilder StrictDns(TimeSpan? refreshRate = null)
    {
        if (refreshRate is { } rate)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(rate, TimeSpan.FromMilliseconds(1), nameof(refreshRate));
            _cluster = _cluster with { DnsRefreshRate = rate };
        }

        return With(c => c with { Type = DiscoveryType.StrictDns });
    }

    /// <summary>Time for a new connection to be made; above zero. Default 5 s.</summary>
    public ClusterBuilder ConnectTimeout(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        return With(c => c with { ConnectTimeout = timeout });
    }

    /// <summary>How a host is chosen. Default <see cref="LoadBalancingPolicy.RoundRobin"/>.</summary>
    public ClusterBuilder LbPolicy(LoadBalancingPolicy policy) => With(c => c with { LbPolicy = policy });

    /// <summary>Connections are made before requests ask for them.</summary>
    /// <param name="perUpstreamRatio">So many times as many as a host's requests need; 1 to 3.</param>
    /// <param name="predictiveRatio">The same of the cluster as a whole, for the hosts that come next; 1, the default, to 3.</param>
    public ClusterBuilder Preconnect(double perUpstreamRatio, double predictiveRatio = 1)
    {
        ThrowUnlessWithinRatio(perUpstreamRatio, nameof(perUpstreamRatio));
        ThrowUnlessWithinRatio(predictiveRatio, nameof(predictiveRatio));
        return With(c => c with { Preconnect = new PreconnectConfig(perUpstreamRatio, predictiveRatio) });
    }

    /// <summary>The address that its connections come from.</summary>
    /// <param name="bind">An IP literal of this machine, with port 0 most often.</param>
    public ClusterBuilder UpstreamBind(UpstreamBindConfig bind)
    {
        ArgumentNullException.ThrowIfNull(bind);
        return With(c => c with { UpstreamBind = bind });
    }

    /// <summary>Silent connections are probed.</summary>
    public ClusterBuilder TcpKeepalive(TcpKeepaliveConfig keepalive)
    {
        ArgumentNullException.ThrowIfNull(keepalive);
        return With(c => c with { TcpKeepalive = keepalive });
    }

    /// <summary>The cluster's limits.</summary>
    public ClusterBuilder CircuitBreakers(CircuitBreakerConfig limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return With(c => c with { CircuitBreakers = limits });
    }

    /// <summary>Adds an endpoint.</summary>
    /// <param name="address">An IP literal, or the name that a DNS cluster resolves.</param>
    /// <param name="port">0 to 65535.</param>
    /// <param name="weight">At least 1, the default.</param>
    /// <param name="priority">0, the default, is the highest; at most 128.</param>
    public ClusterBuilder Endpoint(string address, int port, uint weight = 1, uint priority = 0) =>
        Endpoint(AddressArguments.Any(address, port), weight, priority);

    /// <summary>Adds an endpoint with any kind of address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="weight">At least 1, the default.</param>
    /// <param name="priority">0, the default, is the highest; at most 128.</param>
    public ClusterBuilder Endpoint(AddressConfig address, uint weight = 1, uint priority = 0)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentOutOfRangeException.ThrowIfZero(weight);
        return Endpoint(new EndpointConfig(address) { LoadBalancingWeight = weight }, priority);
    }

    /// <summary>Adds an endpoint with all that an endpoint may have, such as metadata.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="priority">0, the default, is the highest; at most 128.</param>
    public ClusterBuilder Endpoint(EndpointConfig endpoint, uint priority = 0)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(priority, 128u);
        if (!_endpoints.TryGetValue(priority, out var endpoints))
            _endpoints.Add(priority, endpoints = []);
        endpoints.Add(endpoint);
        return this;
    }

    /// <summary>What lies between the connections and their users, such as TLS.</summary>
    /// <param name="name">The name, which only messages show.</param>
    /// <param name="options">What it is.</param>
    public ClusterBuilder TransportSocket(string name, UpstreamTransportSocketOptions options) =>
        With(c => c with { TransportSocket = new UpstreamTransportSocketConfig(name, options) });

    /// <summary>
    /// Another transport socket for hosts whose metadata <see cref="TransportSocketMatchConfig.MetadataNamespace"/> have these texts; of several the first
    /// that matches counts.
    /// </summary>
    /// <param name="name">Statistics are under <c>cluster.CLUSTER.NAME.</c></param>
    /// <param name="socket">The socket.</param>
    /// <param name="match">What must be there; nothing matches every host.</param>
    public ClusterBuilder TransportSocketMatch(string name, UpstreamTransportSocketConfig socket, params ReadOnlySpan<(string Name, string Text)> match)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(socket);
        var added = new TransportSocketMatchConfig(name, socket) { Match = StructValue.LabelsOf(match) };
        return With(c => c with { TransportSocketMatches = [.. c.TransportSocketMatches, added] });
    }

    /// <summary>Sets whatever else a cluster has: <c>With(c => c with { DnsLookupFamily = DnsLookupFamily.V4Only })</c>.</summary>
    public ClusterBuilder With(Func<ClusterConfig, ClusterConfig> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        _cluster = change(_cluster);
        return this;
    }

    private static void ThrowUnlessWithinRatio(double ratio, string name)
    {
        if (ratio is not (>= PreconnectConfig.LeastRatio and <= PreconnectConfig.MostRatio))
            throw new ArgumentOutOfRangeException(name, ratio, "must be within 1 and 3");
    }

    internal ClusterConfig Build() => _endpoints.Count == 0
        ? _cluster
        : _cluster with
        {
            Endpoints =
            [
                .. _cluster.Endpoints,
                .. _endpoints.Select(p => new LocalityEndpointsConfig { Priority = p.Key, LbEndpoints = ValueList.From(p.Value) }),
            ],
        };
}
