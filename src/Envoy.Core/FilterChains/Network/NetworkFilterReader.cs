using Envoy.Extensions;

namespace Envoy.FilterChains.Network;

/// <summary>Reads <c>envoy.config.listener.v3.Filter</c>. Thread-safe.</summary>
internal static class NetworkFilterReader
{
    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.config.listener.v3.Filter", new Draft())
        .Text("name", f => f.Name, (f, v) => f with { Name = v }, required: true)
        .Message("typed_config", "Any", f => f.Typed, (f, v) => f with { Typed = v }, FieldKinds.Keep)
        .Message("config", "Struct (v2)", f => f.Untyped, (f, v) => f with { Untyped = v }, FieldKinds.Keep)
        .NotYet("config_discovery", "deprecated_v1")
        .OneOf(required: false, "typed_config", "config", "config_discovery");

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out NetworkFilterConfig value)
    {
        value = null!;
        var draft = Fields.Read(node, context);
        if (node.Kind != ConfigNodeKind.Mapping || node.Find("config_discovery") is not null || node.Find("configDiscovery") is not null
            || ExtensionReader.Resolve(context, node, NetworkFilterExtension.CategoryName, NetworkFilterExtension.NounInWords, draft.Name, draft.Typed, draft.Untyped)
                is not { } found)
        {
            return false;
        }

        var options = ((NetworkFilterExtension)found.Extension).Read(found.Options, context);
        context.Remember(options, found.Options);
        value = new NetworkFilterConfig(draft.Name, options);
        context.Remember(value, node);
        return true;
    }

    private sealed record Draft
    {
        public string Name { get; init; } = "";

        public ConfigNode? Typed { get; init; }

        public ConfigNode? Untyped { get; init; }
    }
}
