using Envoy.Extensions;

namespace Envoy.Matching;

/// <summary>Reads <c>envoy.type.matcher.v3.StringMatcher</c>. Thread-safe.</summary>
internal static class StringMatcherReader
{
    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.type.matcher.v3.StringMatcher", new Draft())
        .Of("exact", StringMatchKind.Exact, ConfigValues.ReadString)
        .Of("prefix", StringMatchKind.Prefix, FieldKinds.ReadNonEmpty)
        .Of("suffix", StringMatchKind.Suffix, FieldKinds.ReadNonEmpty)
        .Of("contains", StringMatchKind.Contains, FieldKinds.ReadNonEmpty)
        .Of("safe_regex", StringMatchKind.Regex, RegexMatcherReader.TryRead)
        .Of("regex", StringMatchKind.Regex, RegexMatcherReader.TryReadText)
        .Bool("ignore_case", d => d.IgnoreCase, (d, v) => d with { IgnoreCase = v })
        .NotYet("custom")
        .OneOf(required: true, "exact", "prefix", "suffix", "contains", "safe_regex", "regex", "custom");

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out StringMatcherConfig value)
    {
        var draft = Fields.Read(node, context);
        value = draft.Matcher is { } matcher ? matcher with { IgnoreCase = draft.IgnoreCase && matcher.Kind != StringMatchKind.Regex } : null!;
        return value is not null;
    }

    private static FieldTable<Draft> Of(this FieldTable<Draft> table, string name, StringMatchKind kind, ConfigValueReader<string> read) =>
        table.Add(
            new ConfigField(name, kind == StringMatchKind.Regex ? "RegexMatcher" : "string", FieldSupport.Supported),
            d => d.Matcher?.Kind == kind ? d.Matcher.Value : null,
            (d, v) => d with { Matcher = new StringMatcherConfig(kind, v) },
            read);

    private sealed record Draft
    {
        public StringMatcherConfig? Matcher { get; init; }

        public bool IgnoreCase { get; init; }
    }
}
