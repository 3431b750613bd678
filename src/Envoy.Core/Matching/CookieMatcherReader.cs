using Envoy.Extensions;

namespace Envoy.Matching;

/// <summary>Reads <c>envoy.config.route.v3.CookieMatcher</c>. Thread-safe.</summary>
internal static class CookieMatcherReader
{
    private static readonly FieldTable<CookieMatcherConfig> Fields = new FieldTable<CookieMatcherConfig>(
            "envoy.config.route.v3.CookieMatcher", new CookieMatcherConfig("", StringMatcherConfig.Prefix("")))
        .Text("name", m => m.Name, (m, v) => m with { Name = v }, required: true)
        .Message("string_match", "StringMatcher", m => m.StringMatch, (m, v) => m with { StringMatch = v }, StringMatcherReader.TryRead, required: true)
        .Bool("invert_match", m => m.InvertMatch, (m, v) => m with { InvertMatch = v });

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out CookieMatcherConfig value) => Fields.TryRead(node, context, out value) && value.Name.Length > 0;
}
