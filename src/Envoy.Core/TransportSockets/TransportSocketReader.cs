using Envoy.Extensions;

namespace Envoy.TransportSockets;

/// <summary>Reads <c>envoy.config.core.v3.TransportSocket</c>. Thread-safe.</summary>
internal static class TransportSocketReader
{
    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.config.core.v3.TransportSocket", new Draft())
        .Text("name", d => d.Name, (d, v) => d with { Name = v }, required: true)
        .Message("typed_config", "Any", d => d.Typed, (d, v) => d with { Typed = v }, FieldKinds.Keep)
        .Message("config", "Struct (v2)", d => d.Untyped, (d, v) => d with { Untyped = v }, FieldKinds.Keep)
        .OneOf(required: false, "typed_config", "config");

    public static bool TryReadDownstream(ConfigNode node, ConfigReadContext context, out DownstreamTransportSocketConfig value)
    {
        value = null!;
        if (Resolve(node, context, DownstreamTransportSocketExtension.CategoryName) is not { } found)
            return false;
        var options = ((DownstreamTransportSocketExtension)found.Extension).Read(found.Options, context);
        context.Remember(options, found.Options);
        value = new DownstreamTransportSocketConfig(found.Name, options);
        return true;
    }

    public static bool TryReadUpstream(ConfigNode node, ConfigReadContext context, out UpstreamTransportSocketConfig value)
    {
        value = null!;
        if (Resolve(node, context, UpstreamTransportSocketExtension.CategoryName) is not { } found)
            return false;
        var options = ((UpstreamTransportSocketExtension)found.Extension).Read(found.Options, context);
        context.Remember(options, found.Options);
        value = new UpstreamTransportSocketConfig(found.Name, options);
        return true;
    }

    private static (string Name, Extension Extension, ConfigNode Options)? Resolve(ConfigNode node, ConfigReadContext context, string category)
    {
        var draft = Fields.Read(node, context);
        if (node.Kind != ConfigNodeKind.Mapping)
            return null;
        var found = ExtensionReader.Resolve(context, node, category, DownstreamTransportSocketExtension.NounInWords, draft.Name, draft.Typed, draft.Untyped);
        return found is { } it ? (draft.Name, it.Extension, it.Options) : null;
    }

    private sealed record Draft
    {
        public string Name { get; init; } = "";

        public ConfigNode? Typed { get; init; }

        public ConfigNode? Untyped { get; init; }
    }
}
