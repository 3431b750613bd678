using Envoy.Extensions;

namespace Envoy.AccessLog;

/// <summary>Reads <c>envoy.config.accesslog.v3.AccessLog</c>. Thread-safe.</summary>
internal static class AccessLogReader
{
    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.config.accesslog.v3.AccessLog", new Draft())
        .Text("name", d => d.Name, (d, v) => d with { Name = v })
        .Message("filter", "AccessLogFilter", d => d.Filter, (d, v) => d with { Filter = v }, AccessLogFilterReader.TryRead)
        .Message("typed_config", "Any", d => d.Typed, (d, v) => d with { Typed = v }, FieldKinds.Keep)
        .Message("config", "Struct (v2)", d => d.Untyped, (d, v) => d with { Untyped = v }, FieldKinds.Keep)
        .OneOf(required: false, "typed_config", "config");

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out AccessLogConfig value)
    {
        value = null!;
        var draft = Fields.Read(node, context);
        if (node.Kind != ConfigNodeKind.Mapping)
            return false;
        if (draft.Name.Length == 0 && draft.Typed is null)
        {
            context.Error(node, "AccessLog needs 'name' or 'typed_config'");
            return false;
        }

        if (ExtensionReader.Resolve(context, node, AccessLogExtension.CategoryName, AccessLogExtension.NounInWords, draft.Name, draft.Typed, draft.Untyped) is not { } found)
            return false;
        var options = ((AccessLogExtension)found.Extension).Read(found.Options, context);
        context.Remember(options, found.Options);
        value = new AccessLogConfig(draft.Name, options) { Filter = draft.Filter };
        context.Remember(value, node);
        return true;
    }

    private sealed record Draft
    {
        public string Name { get; init; } = "";

        public AccessLogFilterConfig? Filter { get; init; }

        public ConfigNode? Typed { get; init; }

        public ConfigNode? Untyped { get; init; }
    }
}
