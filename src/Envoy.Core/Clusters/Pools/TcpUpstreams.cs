using Envoy.Clusters.Hosts;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;
using Envoy.Http.Headers;
using Envoy.Net;

namespace Envoy.Clusters.Pools;

/// <summary>Makes plain connections to a cluster's hosts, one for each user. Worker-owned.</summary>
internal sealed class TcpUpstreams(Cluster cluster) : IUpstreamCluster
{
    public string Name => cluster.Name;

    public int HostCount => cluster.Hosts.All.Length;

    // Nothing checks health yet: every host there is counts as healthy, as in HostSource.
    public int HealthyHostCount => cluster.Hosts.All.Length;

    public UpstreamStart TryConnect(IUpstreamConnectionHandler handler, ClientAddresses? client, out IUpstreamConnection? connection)
    {
        connection = null;
        var host = cluster.ChooseHost();
        if (host is null)
        {
            cluster.Stats.UpstreamCxNoneHealthy.Inc();
            return UpstreamStart.NoHealthyHost;
        }

        // Unlike a pool of reusable connections this has none to fall back on, so the limit holds for the first one too.
        if (!cluster.Limits.Connections.CanCreate)
        {
            cluster.Stats.UpstreamCxOverflow.Inc();
            return UpstreamStart.Overflow;
        }

        connection = new TcpUpstreamConnection(cluster, host, client, handler);
        return UpstreamStart.Pending;
    }

    public UpstreamStart TryTunnel(IUpstreamConnectionHandler handler, HeaderMap request, ClientAddresses? client, out IUpstreamConnection? connection)
    {
        connection = null;
        var host = cluster.ChooseHost();
        if (host is null)
        {
            cluster.Stats.UpstreamCxNoneHealthy.Inc();
            return UpstreamStart.NoHealthyHost;
        }

        // As in Envoy it is the cluster's limit of connections that counts, whether the tunnel would need a new one or not.
        if (!cluster.Limits.Connections.CanCreate)
        {
            cluster.Stats.UpstreamCxOverflow.Inc();
            return UpstreamStart.Overflow;
        }

        if (request.Contains(HeaderId.Path))
            request.SetUnchecked(HeaderId.Scheme, cluster.SocketOf(host) is { IsSecure: true } ? "https"u8 : "http"u8);
        var tunnel = new HttpTunnel(cluster, host, request, handler);
        var pool = HttpPools.Of(cluster).For(host, cluster.PoolKindFor(downstreamIsHttp2: false), highPriority: false, ServerNames.Of(cluster, request), client, client?.UpstreamSource);
        if (!tunnel.TryStart(pool))
            return UpstreamStart.Overflow;
        connection = tunnel;
        return UpstreamStart.Pending;
    }

    public void OnConnectAttemptsExceeded() => cluster.Stats.UpstreamCxConnectAttemptsExceeded.Inc();
}
