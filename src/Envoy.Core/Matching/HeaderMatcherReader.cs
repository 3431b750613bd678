using Envoy.Extensions;

namespace Envoy.Matching;

/// <summary>Reads <c>envoy.config.route.v3.HeaderMatcher</c>, with the names its conditions had before <c>string_match</c>. Thread-safe.</summary>
internal static class HeaderMatcherReader
{
    private static readonly FieldTable<Int64Draft> Range = new FieldTable<Int64Draft>("envoy.type.v3.Int64Range", new Int64Draft())
        .Whole("start", d => d.Start, (d, v) => d with { Start = v })
        .Whole("end", d => d.End, (d, v) => d with { End = v });

    private static readonly FieldTable<HeaderMatcherConfig> Fields = new FieldTable<HeaderMatcherConfig>("envoy.config.route.v3.HeaderMatcher", new HeaderMatcherConfig(""))
        .Text("name", m => m.Name, (m, v) => m with { Name = v }, required: true)
        .Message("string_match", "StringMatcher", m => m.StringMatch, (m, v) => m with { StringMatch = v }, StringMatcherReader.TryRead)
        .Of("exact_match", StringMatchKind.Exact, ConfigValues.ReadString)
        .Of("safe_regex_match", StringMatchKind.Regex, RegexMatcherReader.TryRead)
        .Of("regex_match", StringMatchKind.Regex, RegexMatcherReader.TryReadText)
        .Of("prefix_match", StringMatchKind.Prefix, FieldKinds.ReadNonEmpty)
        .Of("suffix_match", StringMatchKind.Suffix, FieldKinds.ReadNonEmpty)
        .Of("contains_match", StringMatchKind.Contains, FieldKinds.ReadNonEmpty)
        .Message("range_match", m => null, (m, v) => m with { RangeMatch = new Int64RangeConfig(v.Start, v.End) }, Range)
        .Bool("present_match", m => m.PresentMatch, (m, v) => m with { PresentMatch = v })
        .Bool("invert_match", m => m.InvertMatch, (m, v) => m with { InvertMatch = v })
        .Bool("treat_missing_header_as_empty", m => m.TreatMissingHeaderAsEmpty, (m, v) => m with { TreatMissingHeaderAsEmpty = v })
        .OneOf(required: false, "string_match", "exact_match", "safe_regex_match", "regex_match", "prefix_match", "suffix_match", "contains_match", "range_match", "present_match");

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out HeaderMatcherConfig value) => Fields.TryRead(node, context, out value) && value.Name.Length > 0;

    private static FieldTable<HeaderMatcherConfig> Of(this FieldTable<HeaderMatcherConfig> table, string name, StringMatchKind kind, ConfigValueReader<string> read) =>
        table.Add(
            new ConfigField(name, kind == StringMatchKind.Regex ? "RegexMatcher" : "string", FieldSupport.Supported),
            _ => null,

            // Envoy's exact_match of an empty text matches every value.
            (m, v) => m with { StringMatch = new StringMatcherConfig(v.Length == 0 ? StringMatchKind.Prefix : kind, v) },
            read);

    private static FieldTable<Int64Draft> Whole(this FieldTable<Int64Draft> table, string name, Func<Int64Draft, long> get, Func<Int64Draft, long, Int64Draft> set) =>
        table.Add(new ConfigField(name, "int64", FieldSupport.Supported), d => get(d), set, (ConfigNode node, ConfigReadContext context, out long value) =>
            ConfigValues.ReadInteger(node, context, long.MinValue, long.MaxValue, out value));

    private sealed record Int64Draft
    {
        public long Start { get; init; }

        public long End { get; init; }
    }
}
