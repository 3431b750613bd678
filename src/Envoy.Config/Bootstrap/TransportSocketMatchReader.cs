using Envoy.Clusters;
using Envoy.Extensions;
using Envoy.TransportSockets;

namespace Envoy.Config.Bootstrap;

/// <summary>Reads <c>envoy.config.cluster.v3.Cluster.TransportSocketMatch</c>. Thread-safe.</summary>
internal static class TransportSocketMatchReader
{
    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.config.cluster.v3.Cluster.TransportSocketMatch", new Draft())
        .Text("name", d => d.Name, (d, v) => d with { Name = v }, required: true)
        .Message("match", "Struct", d => d.Match, (d, v) => d with { Match = v }, StructReader.TryReadMapping)
        .Message("transport_socket", "TransportSocket", d => d.Socket, (d, v) => d with { Socket = v }, TransportSocketReader.TryReadUpstream, required: true);

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out TransportSocketMatchConfig value)
    {
        var draft = Fields.Read(node, context);
        value = null!;
        if (draft.Socket is not { } socket)
            return false;
        value = new TransportSocketMatchConfig(draft.Name, socket) { Match = draft.Match };
        context.Remember(value, node);
        return true;
    }

    private sealed record Draft
    {
        public string Name { get; init; } = "";

        public StructValue Match { get; init; } = StructValue.EmptyMapping;

        public UpstreamTransportSocketConfig? Socket { get; init; }
    }
}
