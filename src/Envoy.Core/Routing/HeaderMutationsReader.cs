using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>
/// Reads <c>core.v3.HeaderValueOption</c> and the four lists of header changes that Envoy has at every level of a route table. Thread-safe.
/// </summary>
internal static class HeaderMutationsReader
{
    private static readonly EnumNames<HeaderAppendAction> AppendActions = new EnumNames<HeaderAppendAction>("HeaderAppendAction")
        .Add("APPEND_IF_EXISTS_OR_ADD", 0, HeaderAppendAction.AppendIfExistsOrAdd)
        .Add("ADD_IF_ABSENT", 1, HeaderAppendAction.AddIfAbsent)
        .Add("OVERWRITE_IF_EXISTS_OR_ADD", 2, HeaderAppendAction.OverwriteIfExistsOrAdd)
        .Add("OVERWRITE_IF_EXISTS", 3, HeaderAppendAction.OverwriteIfExists);

    private static readonly FieldTable<HeaderText> Header = new FieldTable<HeaderText>("envoy.config.core.v3.HeaderValue", new HeaderText())
        .Text("key", h => h.Key, (h, v) => h with { Key = v }, required: true)
        .Text("value", h => h.Value, (h, v) => h with { Value = v })
        .Add(
            new ConfigField("raw_value", "bytes", FieldSupport.Supported),
            _ => null,
            (HeaderText h, ValueList<byte> v) => h with { Value = System.Text.Encoding.UTF8.GetString(v.AsSpan()) },
            (ConfigValueReader<ValueList<byte>>)ConfigValues.ReadBytes);

    private static readonly FieldTable<Draft> Option = new FieldTable<Draft>("envoy.config.core.v3.HeaderValueOption", new Draft())
        .Message("header", d => d.Header, (d, v) => d with { Header = v }, Header, required: true)
        .Bool("append", d => d.Append, (d, v) => d with { Append = v })
        .Enum("append_action", d => d.AppendAction, (d, v) => d with { AppendAction = v }, AppendActions)
        .Bool("keep_empty_value", d => d.KeepEmptyValue, (d, v) => d with { KeepEmptyValue = v })
        .Check((draft, node, context) =>
        {
            if (draft.Append is not null && draft.AppendAction != HeaderAppendAction.AppendIfExistsOrAdd)
                context.Error(node, "Both append and append_action are set and it's not allowed", "leave 'append' out: it is deprecated");
        });

    /// <summary>Adds the four lists.</summary>
    public static FieldTable<T> HeaderMutations<T>(
        this FieldTable<T> table, Func<T, HeaderMutationsConfig> get, Func<T, HeaderMutationsConfig, T> set)
        where T : class => table
        .List("request_headers_to_add", "HeaderValueOption", t => get(t).RequestHeadersToAdd, (t, v) => set(t, get(t) with { RequestHeadersToAdd = v }), TryRead)
        .List("request_headers_to_remove", "string", t => get(t).RequestHeadersToRemove, (t, v) => set(t, get(t) with { RequestHeadersToRemove = v }), FieldKinds.ReadNonEmpty)
        .List("response_headers_to_add", "HeaderValueOption", t => get(t).ResponseHeadersToAdd, (t, v) => set(t, get(t) with { ResponseHeadersToAdd = v }), TryRead)
        .List("response_headers_to_remove", "string", t => get(t).ResponseHeadersToRemove, (t, v) => set(t, get(t) with { ResponseHeadersToRemove = v }), FieldKinds.ReadNonEmpty);

    /// <summary>One header to add.</summary>
    public static bool TryRead(ConfigNode node, ConfigReadContext context, out HeaderValueOptionConfig value)
    {
        var draft = Option.Read(node, context);
        var action = draft.Append switch
        {
            true => HeaderAppendAction.AppendIfExistsOrAdd,
            false => HeaderAppendAction.OverwriteIfExistsOrAdd,
            null => draft.AppendAction,
        };
        value = new HeaderValueOptionConfig(draft.Header?.Key ?? "", draft.Header?.Value ?? "") { AppendAction = action, KeepEmptyValue = draft.KeepEmptyValue };
        context.Remember(value, node);
        return node.Kind == ConfigNodeKind.Mapping && draft.Header is { Key.Length: > 0 };
    }

    private sealed record HeaderText
    {
        public string Key { get; init; } = "";

        public string Value { get; init; } = "";
    }

    private sealed record Draft
    {
        public HeaderText? Header { get; init; }

        public bool? Append { get; init; }

        public HeaderAppendAction AppendAction { get; init; }

        public bool KeepEmptyValue { get; init; }
    }
}
