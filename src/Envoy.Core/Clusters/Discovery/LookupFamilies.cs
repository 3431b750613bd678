using System.Net;
using System.Net.Sockets;

namespace Envoy.Clusters.Discovery;

/// <summary>What the members of <see cref="DnsLookupFamily"/> mean.</summary>
internal static class LookupFamilies
{
    /// <summary>The addresses to ask for.</summary>
    public static AddressFamily Queried(this DnsLookupFamily family) => family switch
    {
        DnsLookupFamily.V4Only => AddressFamily.InterNetwork,
        DnsLookupFamily.V6Only => AddressFamily.InterNetworkV6,
        _ => AddressFamily.Unspecified,
    };

    /// <summary>Those of <paramref name="addresses"/> that are used, each family in the resolver's order.</summary>
    public static List<IPAddress> Select(this DnsLookupFamily family, IReadOnlyList<IPAddress> addresses)
    {
        var v4 = new List<IPAddress>();
        var v6 = new List<IPAddress>();
        foreach (var address in addresses)
            (address.AddressFamily == AddressFamily.InterNetworkV6 ? v6 : v4).Add(address);
        switch (family)
        {
            case DnsLookupFamily.V4Only:
                return v4;
            case DnsLookupFamily.V6Only:
                return v6;
            case DnsLookupFamily.V4Preferred:
                return v4.Count > 0 ? v4 : v6;
            case DnsLookupFamily.All:
                // IPv6 first, as Envoy joins them.
                v6.AddRange(v4);
                return v6;
            default:
                return v6.Count > 0 ? v6 : v4;
        }
    }
}
