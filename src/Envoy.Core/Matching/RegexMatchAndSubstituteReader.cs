using Envoy.Extensions;

namespace Envoy.Matching;

/// <summary>Reads <c>envoy.type.matcher.v3.RegexMatchAndSubstitute</c>. Thread-safe.</summary>
internal static class RegexMatchAndSubstituteReader
{
    private static readonly FieldTable<RegexMatchAndSubstituteConfig> Fields = new FieldTable<RegexMatchAndSubstituteConfig>(
            "envoy.type.matcher.v3.RegexMatchAndSubstitute", new RegexMatchAndSubstituteConfig(""))
        .Add(
            new ConfigField("pattern", "RegexMatcher", FieldSupport.Supported) { IsRequired = true },
            r => r.Pattern,
            (r, v) => r with { Pattern = v },
            (ConfigValueReader<string>)RegexMatcherReader.TryRead)
        .Text("substitution", r => r.Substitution, (r, v) => r with { Substitution = v })
        .Check((rewrite, node, context) =>
        {
            if (rewrite.Pattern.Length > 0 && RegexPattern.TryCompile(rewrite.Pattern, out _) is { } pattern
                && RegexSubstitution.TryParse(rewrite.Substitution, pattern, out var wrong) is null)
            {
                context.Error(node.Find("substitution") ?? node, wrong);
            }
        });

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out RegexMatchAndSubstituteConfig value) =>
        Fields.TryRead(node, context, out value) && value.Pattern.Length > 0;
}
