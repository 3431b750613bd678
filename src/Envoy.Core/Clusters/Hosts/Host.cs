using System.Net;
using Envoy.Extensions;
using Envoy.Net;

namespace Envoy.Clusters.Hosts;

/// <summary>
/// One address of a cluster. The object is the host's identity: it stays the same over updates as long as address and host name do, and
/// pools, which every worker keeps for itself, hang on it. Only discovery, on main, changes weight and priority. Thread-safe.
/// </summary>
internal sealed class Host
{
    private uint _weight;
    private uint _priority;

    public Host(HostSpec spec)
    {
        EndPoint = spec.EndPoint;
        Address = EndPoints.Format(spec.EndPoint);
        Hostname = spec.Hostname;
        SocketIndex = spec.SocketIndex;
        ProxyProtocolTlvs = spec.ProxyProtocolTlvs;
        _weight = spec.Weight;
        _priority = spec.Priority;
    }

    public EndPoint EndPoint { get; }

    /// <summary>The address as Envoy writes it: <c>127.0.0.1:80</c>, <c>[::1]:80</c>, <c>/path</c>.</summary>
    public string Address { get; }

    /// <summary>The configured name, else in a DNS cluster the name that was resolved; empty for none.</summary>
    public string Hostname { get; }

    /// <summary>Which of the cluster's transport sockets its connections have; <see cref="ClusterSockets.DefaultIndex"/>: the default one.</summary>
    public int SocketIndex { get; }

    /// <summary>Its own extensions of the PROXY protocol's header.</summary>
    public ValueList<ProxyProtocolTlv> ProxyProtocolTlvs { get; }

    /// <summary>1 or more. A balancer that is running meets a new weight when it next picks the host.</summary>
    public uint Weight
    {
        get => Volatile.Read(ref _weight);
        set => Volatile.Write(ref _weight, value);
    }

    /// <summary>0 is the highest.</summary>
    public uint Priority
    {
        get => Volatile.Read(ref _priority);
        set => Volatile.Write(ref _priority, value);
    }

    public HostStats Stats { get; } = new();

    public override string ToString() => Address;
}
