using Envoy.Extensions;

namespace Envoy.Matching;

/// <summary>Reads <c>envoy.config.route.v3.QueryParameterMatcher</c>, with 2019's <c>value</c> and <c>regex</c>. Thread-safe.</summary>
internal static class QueryParameterMatcherReader
{
    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.config.route.v3.QueryParameterMatcher", new Draft())
        .Text("name", d => d.Name, (d, v) => d with { Name = v }, required: true)
        .Message("string_match", "StringMatcher", d => d.StringMatch, (d, v) => d with { StringMatch = v }, StringMatcherReader.TryRead)
        .Bool("present_match", d => d.PresentMatch, (d, v) => d with { PresentMatch = v })
        .Text("value", d => null, (d, v) => d with { Value = v })
        .Bool("regex", d => null, (d, v) => d with { IsRegex = v })
        .OneOf(required: false, "string_match", "present_match")
        .Check((draft, node, context) =>
        {
            if (draft.IsRegex && draft.Value.Length > 0 && RegexPattern.TryCompile(draft.Value, out var wrong) is null)
                context.Error(node.Find("value") ?? node, wrong);
        });

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out QueryParameterMatcherConfig value)
    {
        var draft = Fields.Read(node, context);
        var old = draft.Value.Length == 0 ? null : new StringMatcherConfig(draft.IsRegex ? StringMatchKind.Regex : StringMatchKind.Exact, draft.Value);
        value = new QueryParameterMatcherConfig(draft.Name) { StringMatch = draft.StringMatch ?? old, PresentMatch = draft.PresentMatch };
        return draft.Name.Length > 0;
    }

    private sealed record Draft
    {
        public string Name { get; init; } = "";

        public StringMatcherConfig? StringMatch { get; init; }

        public bool PresentMatch { get; init; } = true;

        public string Value { get; init; } = "";

        public bool IsRegex { get; init; }
    }
}
