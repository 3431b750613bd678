using Envoy.Extensions;
using Envoy.Matching;
using Envoy.Routing;

namespace Envoy.Filters.Http.HeaderMutation;

/// <summary>Reads <c>envoy.extensions.filters.http.header_mutation.v3.Mutations</c> and what is in it. Thread-safe.</summary>
internal static class HeaderMutationReader
{
    private static readonly EnumNames<HeaderAppendAction> Actions = new EnumNames<HeaderAppendAction>("KeyValueAppendAction")
        .Add("APPEND_IF_EXISTS_OR_ADD", 0, HeaderAppendAction.AppendIfExistsOrAdd)
        .Add("ADD_IF_ABSENT", 1, HeaderAppendAction.AddIfAbsent)
        .Add("OVERWRITE_IF_EXISTS_OR_ADD", 2, HeaderAppendAction.OverwriteIfExistsOrAdd)
        .Add("OVERWRITE_IF_EXISTS", 3, HeaderAppendAction.OverwriteIfExists);

    private static readonly FieldTable<Match> OnMatch = new FieldTable<Match>("envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch", new Match())
        .Message("key_matcher", "StringMatcher", m => m.Key, (m, v) => m with { Key = v }, StringMatcherReader.TryRead, required: true);

    private static readonly FieldTable<HeaderMutationConfig> Header = new FieldTable<HeaderMutationConfig>(
            "envoy.config.common.mutation_rules.v3.HeaderMutation", new HeaderMutationConfig())
        .Text("remove", m => m.Remove, (m, v) => m with { Remove = v })
        .Message("append", "HeaderValueOption", m => m.Append, (m, v) => m with { Append = v }, HeaderMutationsReader.TryRead)
        .Message("remove_on_match", m => m.RemoveOnMatch is { } key ? new Match { Key = key } : null, (m, v) => m with { RemoveOnMatch = v.Key }, OnMatch)
        .OneOf(required: true, "remove", "append", "remove_on_match");

    private static readonly FieldTable<Pair> KeyAndValue = new FieldTable<Pair>("envoy.config.core.v3.KeyValuePair", new Pair())
        .Text("key", p => p.Key, (p, v) => p with { Key = v }, required: true)
        .Text("value", p => p.Value, (p, v) => p with { Value = v });

    private static readonly FieldTable<Appending> Append = new FieldTable<Appending>("envoy.config.core.v3.KeyValueAppend", new Appending())
        .Message("record", a => a.Record, (a, v) => a with { Record = v }, KeyAndValue)
        .Enum("action", a => a.Action, (a, v) => a with { Action = v }, Actions)
        .NotYetBut("entry", "write record instead: entry is deprecated")
        .OneOf(required: true, "record", "entry");

    private static readonly FieldTable<KeyValue> Query = new FieldTable<KeyValue>("envoy.config.core.v3.KeyValueMutation", new KeyValue())
        .Message("append", q => q.Append, (q, v) => q with { Append = v }, Append)
        .Text("remove", q => q.Remove, (q, v) => q with { Remove = v })
        .OneOf(required: true, "append", "remove");

    public static readonly FieldTable<MessageMutationsConfig> Fields = new FieldTable<MessageMutationsConfig>(
            "envoy.extensions.filters.http.header_mutation.v3.Mutations", MessageMutationsConfig.None)
        .List("request_mutations", m => m.Request, (m, v) => m with { Request = v }, Header)
        .List("query_parameter_mutations", "KeyValueMutation", m => m.QueryParameters, (m, v) => m with { QueryParameters = v }, TryReadQuery)
        .List("response_mutations", m => m.Response, (m, v) => m with { Response = v }, Header)
        .List("response_trailers_mutations", m => m.ResponseTrailers, (m, v) => m with { ResponseTrailers = v }, Header)
        .List("request_trailers_mutations", m => m.RequestTrailers, (m, v) => m with { RequestTrailers = v }, Header);

    private static bool TryReadQuery(ConfigNode node, ConfigReadContext context, out QueryParameterMutationConfig value)
    {
        var draft = Query.Read(node, context);
        value = draft.Append is { Record: { } pair } append
            ? new QueryParameterMutationConfig(pair.Key) { Value = pair.Value, Action = append.Action }
            : new QueryParameterMutationConfig(draft.Remove ?? "");
        return value.Key.Length > 0;
    }

    private sealed record Match
    {
        public StringMatcherConfig? Key { get; init; }
    }

    private sealed record Pair
    {
        public string Key { get; init; } = "";

        public string Value { get; init; } = "";
    }

    private sealed record Appending
    {
        public Pair? Record { get; init; }

        public HeaderAppendAction Action { get; init; }
    }

    private sealed record KeyValue
    {
        public Appending? Append { get; init; }

        public string? Remove { get; init; }
    }
}
