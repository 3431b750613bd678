using Envoy.Extensions;

namespace Envoy.Listeners.Filters;

/// <summary>Reads <c>envoy.config.listener.v3.ListenerFilter</c>. Thread-safe.</summary>
internal static class ListenerFilterReader
{
    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.config.listener.v3.ListenerFilter", new Draft())
        .Text("name", f => f.Name, (f, v) => f with { Name = v }, required: true)
        .Message("typed_config", "Any", f => f.Typed, (f, v) => f with { Typed = v }, FieldKinds.Keep)
        .Message("config", "Struct (v2)", f => f.Untyped, (f, v) => f with { Untyped = v }, FieldKinds.Keep)
        .Message("filter_disabled", "ListenerFilterChainMatchPredicate", f => f.Disabled, (f, v) => f with { Disabled = v }, ListenerFilterMatchReader.TryRead)
        .NotYet("config_discovery")
        .OneOf(required: false, "typed_config", "config", "config_discovery");

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out ListenerFilterConfig value)
    {
        value = null!;
        var draft = Fields.Read(node, context);
        if (node.Kind != ConfigNodeKind.Mapping || node.Find("config_discovery") is not null || node.Find("configDiscovery") is not null
            || ExtensionReader.Resolve(context, node, ListenerFilterExtension.CategoryName, ListenerFilterExtension.NounInWords, draft.Name, draft.Typed, draft.Untyped)
                is not { } found)
        {
            return false;
        }

        var options = ((ListenerFilterExtension)found.Extension).Read(found.Options, context);
        context.Remember(options, found.Options);
        value = new ListenerFilterConfig(draft.Name, options) { Disabled = draft.Disabled };
        context.Remember(value, node);
        return true;
    }

    private sealed record Draft
    {
        public string Name { get; init; } = "";

        public ConfigNode? Typed { get; init; }

        public ConfigNode? Untyped { get; init; }

        public ListenerFilterMatchConfig? Disabled { get; init; }
    }
}
