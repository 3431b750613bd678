using System.Collections.Immutable;
using Envoy.Clusters.Hosts;
using Envoy.Net;

namespace Envoy.Clusters.Discovery;

/// <summary>The hosts are in the configuration: known at once and for good. Main-owned.</summary>
internal sealed class StaticDiscovery(ClusterSnapshot cluster) : IDiscovery
{
    public void Start(IDiscoverySink sink)
    {
        var localities = new List<LocalityHosts>();
        foreach (var locality in cluster.Config.Endpoints)
        {
            var hosts = ImmutableArray.CreateBuilder<Host>(locality.LbEndpoints.Count);
            foreach (var endpoint in locality.LbEndpoints)
            {
                // Checked when the snapshot was compiled.
                if (!EndPoints.TryResolve(endpoint.Address, out var address))
                    continue;
                hosts.Add(new Host(new HostSpec(address, endpoint.Hostname, endpoint.LoadBalancingWeight, locality.Priority)
                {
                    SocketIndex = cluster.Sockets.Choose(endpoint.Metadata, locality.Metadata),
                    ProxyProtocolTlvs = endpoint.ProxyProtocolTlvs,
                }));
            }

            localities.Add(new LocalityHosts(locality.Priority, hosts.DrainToImmutable()));
        }

        sink.OnHosts(new HostSetSnapshot([.. localities]));
        sink.OnReady();
    }

    public void Dispose()
    {
    }
}
