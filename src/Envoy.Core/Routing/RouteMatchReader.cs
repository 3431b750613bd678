using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>Reads <c>envoy.config.route.v3.RouteMatch</c>. Thread-safe.</summary>
internal static class RouteMatchReader
{
    private static readonly FieldTable<RegexMatchConfig> Regex = new FieldTable<RegexMatchConfig>(
            "envoy.type.matcher.v3.RegexMatcher", new RegexMatchConfig(""))
        .Text("regex", r => r.Regex, (_, v) => new RegexMatchConfig(v), required: true)
        .Message("google_re2", r => null, (r, _) => r, new FieldTable<Re2Options>("envoy.type.matcher.v3.RegexMatcher.GoogleRE2", new Re2Options()).NotYet("max_program_size"))
        .Check((regex, node, context) =>
        {
            if (regex.Regex.Length > 0 && RegexSyntax.Explain(regex.Regex) is { } wrong)
                context.Error(node.Find("regex") ?? node, wrong);
        });

    public static readonly FieldTable<RouteMatchConfig> Fields = new FieldTable<RouteMatchConfig>(
            "envoy.config.route.v3.RouteMatch", new RouteMatchConfig { Path = new PrefixMatchConfig("") })
        .Text("prefix", m => (m.Path as PrefixMatchConfig)?.Prefix, (m, v) => m with { Path = new PrefixMatchConfig(v) })
        .Text("path", m => (m.Path as ExactPathMatchConfig)?.Path, (m, v) => m with { Path = new ExactPathMatchConfig(v) })
        .Message("safe_regex", m => m.Path as RegexMatchConfig, (m, v) => m with { Path = v }, Regex)
        .Bool("case_sensitive", m => m.CaseSensitive, (m, v) => m with { CaseSensitive = v })
        .NotYet("connect_matcher", "path_separated_prefix", "path_match_policy", "runtime_fraction", "headers=[]", "query_parameters=[]", "grpc",
            "tls_context", "dynamic_metadata=[]", "filter_state=[]", "cookies=[]")
        .NotYetBut("regex", "write safe_regex: { regex: ... }, which has been Envoy's way since 1.12")
        .OneOf(required: true, "prefix", "path", "safe_regex", "connect_matcher", "path_separated_prefix", "path_match_policy", "regex");

    private sealed record Re2Options;
}
