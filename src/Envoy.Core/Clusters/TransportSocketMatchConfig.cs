using Envoy.Extensions;
using Envoy.TransportSockets;

namespace Envoy.Clusters;

/// <summary>
/// A transport socket for some of a cluster's hosts (<c>Cluster.TransportSocketMatch</c>): those whose metadata
/// <c>envoy.transport_socket_match</c> has all of <see cref="Match"/>. Immutable.
/// </summary>
/// <param name="Name">Not empty; statistics are under <c>cluster.CLUSTER.NAME.</c></param>
/// <param name="TransportSocket">What lies between the connections to these hosts and their users.</param>
public sealed record TransportSocketMatchConfig(string Name, UpstreamTransportSocketConfig TransportSocket)
{
    /// <summary>The namespace of the metadata that is looked at.</summary>
    public const string MetadataNamespace = "envoy.transport_socket_match";

    /// <summary>A mapping; an empty one (default) matches every host.</summary>
    public StructValue Match { get; init; } = StructValue.EmptyMapping;

    internal bool Matches(MetadataConfig metadata)
    {
        if (Match.Fields.Count == 0)
            return true;
        if (metadata.Find(MetadataNamespace) is not { } labels)
            return false;
        foreach (var wanted in Match.Fields)
        {
            if (labels.Find(wanted.Name) is not { } value || !value.Equals(wanted.Value))
                return false;
        }

        return true;
    }
}
