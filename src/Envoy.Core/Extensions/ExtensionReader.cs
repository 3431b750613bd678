namespace Envoy.Extensions;

/// <summary>
/// Reads <c>{name, typed_config}</c>: the message named by <c>@type</c> decides which extension it is, as in Envoy; without one, the name
/// does, which is 2019's way with <c>config</c>. A <c>TypedStruct</c> stands for the message it names.
/// </summary>
internal static class ExtensionReader
{
    private const string TypeKey = "@type";

    /// <summary>Finds the extension and the node that holds its message; null, with the error reported, when there is none.</summary>
    /// <param name="context">The document's context.</param>
    /// <param name="owner">The node that holds name and configuration.</param>
    /// <param name="category">The wanted category.</param>
    /// <param name="noun">The category in words.</param>
    /// <param name="name">The name; empty when it is missing, which is then reported already.</param>
    /// <param name="typed">The <c>typed_config</c>, or null.</param>
    /// <param name="untyped">2019's <c>config</c>, or null.</param>
    public static (Extension Extension, ConfigNode Options)? Resolve(
        ConfigReadContext context, ConfigNode owner, string category, string noun, string name, ConfigNode? typed, ConfigNode? untyped)
    {
        // An empty one says nothing: as if it were not there.
        if (typed is null or { Kind: ConfigNodeKind.Mapping, Entries.Count: 0 })
        {
            if (untyped is not null && untyped.Kind != ConfigNodeKind.Mapping)
                return Wrong(untyped, context, "a mapping");
            return ByName(context, owner, category, noun, name, untyped);
        }

        if (typed.Kind != ConfigNodeKind.Mapping)
            return Wrong(typed, context, "a mapping with '@type'");
        if (!TryReadType(context, typed, TypeKey, out var typeNode, out var type))
        {
            if (typeNode is not null)
                return null;
            var meant = context.Extensions.FindByName(category, name);
            context.Error(typed, "typed_config needs '@type'", meant is null ? "" : $"add \"@type\": type.googleapis.com/{meant.TypeUrls[0]}");
            return meant is null ? null : (meant, typed);
        }

        var message = typed.Without(TypeKey);
        if (type is "udpa.type.v1.TypedStruct" or "xds.type.v3.TypedStruct")
        {
            if (!ReadStruct(context, typed, out message))
                return null;
            if (!TryReadType(context, typed, "type_url", out typeNode, out type))
                return typeNode is null ? ByName(context, owner, category, noun, name, message) : null;
        }
        else if (type is "google.protobuf.Struct" or "google.protobuf.Empty")
        {
            if (type == "google.protobuf.Struct" && !ReadStruct(context, typed, out message))
                return null;
            return ByName(context, owner, category, noun, name, message);
        }

        if (context.Extensions.FindByType(category, type) is { } found)
            return (found, message);
        context.Extensions.ReportType(context, typeNode!, category, noun, type);
        return null;
    }

    /// <summary>Reads an <c>Any</c>: its message's full name, and the message; false, with the error reported, when it is none.</summary>
    public static bool TryReadMessage(ConfigReadContext context, ConfigNode typed, out string type, out ConfigNode message)
    {
        type = "";
        message = typed;
        if (typed.Kind != ConfigNodeKind.Mapping)
            return ConfigValues.Wrong(typed, context, "a mapping with '@type'");
        if (!TryReadType(context, typed, TypeKey, out var typeNode, out type))
        {
            if (typeNode is null)
                context.Error(typed, "a message of any type needs '@type'");
            return false;
        }

        message = typed.Without(TypeKey);
        if (type is not ("udpa.type.v1.TypedStruct" or "xds.type.v3.TypedStruct"))
            return true;
        if (!ReadStruct(context, typed, out message))
            return false;
        if (TryReadType(context, typed, "type_url", out typeNode, out type))
            return true;
        if (typeNode is null)
            context.Error(typed, "TypedStruct needs 'type_url'");
        return false;
    }

    private static (Extension, ConfigNode)? ByName(ConfigReadContext context, ConfigNode owner, string category, string noun, string name, ConfigNode? options)
    {
        if (name.Length == 0)
            return null;
        if (context.Extensions.FindByName(category, name) is { } found)
            return (found, options ?? owner.EmptyMapping());
        context.Extensions.ReportName(context, owner.Find("name") ?? owner, category, noun, name);
        return null;
    }

    /// <summary>False with a null node: no type there; false with a node: a wrong one, reported.</summary>
    private static bool TryReadType(ConfigReadContext context, ConfigNode node, string key, out ConfigNode? typeNode, out string type)
    {
        type = "";
        typeNode = node.Find(key) ?? node.Find(ConfigField.ToJsonName(key));
        if (typeNode is { Kind: ConfigNodeKind.Null })
            typeNode = null;
        if (typeNode is null || !ConfigValues.ReadString(typeNode, context, out var url))
            return false;
        var slash = url.LastIndexOf('/');
        type = url[(slash + 1)..];
        if (slash >= 0 && type.Length > 0)
            return true;
        context.Error(typeNode, $"'{url}' is not a type URL", url.Length == 0 ? "" : $"write type.googleapis.com/{url.TrimEnd('/')}");
        return false;
    }

    private static bool ReadStruct(ConfigReadContext context, ConfigNode node, out ConfigNode message)
    {
        message = node.EmptyMapping();
        foreach (var entry in node.Entries)
        {
            if (entry.Key is TypeKey or "type_url" or "typeUrl")
                continue;
            if (entry.Key != "value")
            {
                context.Error(entry, $"'{entry.Key}' is not a field of TypedStruct", NearestName.Hint(entry.Key, ["type_url", "value"]), ConfigErrorKind.Unknown);
                return false;
            }

            if (entry.Value.Kind == ConfigNodeKind.Null)
                continue;
            if (entry.Value.Kind != ConfigNodeKind.Mapping)
                return ConfigValues.Wrong(entry.Value, context, "a mapping");
            message = entry.Value;
        }

        return true;
    }

    private static (Extension, ConfigNode)? Wrong(ConfigNode node, ConfigReadContext context, string wanted)
    {
        _ = ConfigValues.Wrong(node, context, wanted);
        return null;
    }
}
