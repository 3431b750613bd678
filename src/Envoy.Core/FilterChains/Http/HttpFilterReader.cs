using Envoy.Extensions;

namespace Envoy.FilterChains.Http;

/// <summary>Reads the <c>HttpFilter</c> of the HTTP connection manager. Thread-safe.</summary>
internal static class HttpFilterReader
{
    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter", new Draft())
        .Text("name", f => f.Name, (f, v) => f with { Name = v }, required: true)
        .Message("typed_config", "Any", f => f.Typed, (f, v) => f with { Typed = v }, FieldKinds.Keep)
        .Message("config", "Struct (v2)", f => f.Untyped, (f, v) => f with { Untyped = v }, FieldKinds.Keep)
        .Bool("is_optional", f => f.IsOptional, (f, v) => f with { IsOptional = v })
        .Bool("disabled", f => f.Disabled, (f, v) => f with { Disabled = v })
        .NotYet("config_discovery", "deprecated_v1")
        .OneOf(required: false, "typed_config", "config", "config_discovery");

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out HttpFilterConfig value)
    {
        value = null!;
        var draft = Fields.Read(node, context);
        if (node.Kind != ConfigNodeKind.Mapping || node.Find("config_discovery") is not null || node.Find("configDiscovery") is not null
            || ExtensionReader.Resolve(context, node, HttpFilterExtension.CategoryName, HttpFilterExtension.NounInWords, draft.Name, draft.Typed, draft.Untyped)
                is not { } found)
        {
            return false;
        }

        var options = ((HttpFilterExtension)found.Extension).Read(found.Options, context);
        context.Remember(options, found.Options);
        value = new HttpFilterConfig(draft.Name, options) { Disabled = draft.Disabled };
        context.Remember(value, node);
        return true;
    }

    private sealed record Draft
    {
        public string Name { get; init; } = "";

        public bool IsOptional { get; init; }

        public bool Disabled { get; init; }

        public ConfigNode? Typed { get; init; }

        public ConfigNode? Untyped { get; init; }
    }
}
