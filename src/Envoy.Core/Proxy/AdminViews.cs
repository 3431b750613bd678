using System.Net;
using System.Net.Sockets;
using Envoy.Clusters;
using Envoy.Clusters.Hosts;
using Envoy.Listeners;
using Envoy.Net;
using Envoy.Proxy.Admin;

namespace Envoy.Proxy;

/// <summary>The live proxy as the admin pages show it. Called on main.</summary>
internal static class AdminViews
{
    public static IReadOnlyList<ClusterView> Clusters(ClusterManager? manager) => manager is null
        ? []
        : [.. manager.Active.OrderBy(c => c.Snapshot.Name, StringComparer.Ordinal).Select(View)];

    public static IReadOnlyList<ListenerView> Listeners(IEnumerable<Listener> listeners)
        => [.. listeners.Where(l => l.LocalEndPoint is not null).Select(l => new ListenerView(l.Name, [AddressOf(l.LocalEndPoint!)]))];

    private static ClusterView View(ManagedCluster cluster) => new(cluster.Snapshot.Name, [.. cluster.Hosts.All.Select(View)])
    {
        ObservabilityName = cluster.Snapshot.StatName,
        DefaultPriority = cluster.Snapshot.Config.CircuitBreakers,
    };

    private static HostView View(Host host) => new(AddressOf(host.EndPoint))
    {
        Hostname = host.Hostname,
        Weight = host.Weight,
        Priority = host.Priority,
        CxConnectFail = host.Stats.CxConnectFail,
        CxTotal = host.Stats.CxTotal,
        CxActive = host.Stats.CxActive,
        RqError = host.Stats.RqError,
        RqSuccess = host.Stats.RqSuccess,
        RqTimeout = host.Stats.RqTimeout,
        RqTotal = host.Stats.RqTotal,
        RqActive = host.Stats.RqActive,
    };

    private static AddressConfig AddressOf(EndPoint endPoint) => endPoint switch
    {
        IPEndPoint ip => new SocketAddressConfig(ip.Address.ToString(), ip.Port),
        UnixDomainSocketEndPoint => new PipeAddressConfig(EndPoints.Format(endPoint)),
        _ => new MemoryAddressConfig(endPoint.ToString()!),
    };
}
