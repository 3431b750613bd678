using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>Reads <c>envoy.config.route.v3.RouteMatch</c>. Thread-safe.</summary>
internal static class RouteMatchReader
{
    private static readonly FieldTable<ConnectMatchConfig> Connect = new("envoy.config.route.v3.RouteMatch.ConnectMatcher", new ConnectMatchConfig());

    private static readonly FieldTable<Nothing> Grpc = new("envoy.config.route.v3.RouteMatch.GrpcRouteMatchOptions", new Nothing());

    private static readonly FieldTable<TlsContextMatchConfig> TlsContext = new FieldTable<TlsContextMatchConfig>(
            "envoy.config.route.v3.RouteMatch.TlsContextMatchOptions", new TlsContextMatchConfig())
        .Bool("presented", t => t.Presented, (t, v) => t with { Presented = v })
        .Bool("validated", t => t.Validated, (t, v) => t with { Validated = v });

    private static readonly FieldTable<FilterStateDraft> FilterState = new FieldTable<FilterStateDraft>(
            "envoy.type.matcher.v3.FilterStateMatcher", new FilterStateDraft())
        .Text("key", f => f.Key, (f, v) => f with { Key = v }, required: true)

        // Whatever the value has to be: there is none.
        .Inert("string_match", "address_match");

    public static readonly FieldTable<RouteMatchConfig> Fields = new FieldTable<RouteMatchConfig>(
            "envoy.config.route.v3.RouteMatch", new RouteMatchConfig { Path = new PrefixMatchConfig("") })
        .Text("prefix", m => (m.Path as PrefixMatchConfig)?.Prefix, (m, v) => m with { Path = new PrefixMatchConfig(v) })
        .Text("path", m => (m.Path as ExactPathMatchConfig)?.Path, (m, v) => m with { Path = new ExactPathMatchConfig(v) })
        .Add(
            new ConfigField("safe_regex", "RegexMatcher", FieldSupport.Supported),
            m => (m.Path as RegexMatchConfig)?.Regex,
            (m, v) => m with { Path = new RegexMatchConfig(v) },
            (ConfigValueReader<string>)RegexMatcherReader.TryRead)
        .Add(
            new ConfigField("path_separated_prefix", "string", FieldSupport.Supported),
            m => (m.Path as PathSeparatedPrefixMatchConfig)?.Prefix,
            (m, v) => m with { Path = new PathSeparatedPrefixMatchConfig(v) },
            (ConfigValueReader<string>)FieldKinds.ReadNonEmpty)
        .Message("connect_matcher", m => m.Path as ConnectMatchConfig, (m, v) => m with { Path = v }, Connect)
        .Message("path_match_policy", "TypedExtensionConfig", m => m.Path as PathTemplateMatchConfig, (m, v) => m with { Path = v }, PathTemplateReader.TryReadMatch)
        .Bool("case_sensitive", m => m.CaseSensitive, (m, v) => m with { CaseSensitive = v })
        .List("headers", "HeaderMatcher", m => m.Headers, (m, v) => m with { Headers = v }, HeaderMatcherReader.TryRead)
        .List("query_parameters", "QueryParameterMatcher", m => m.QueryParameters, (m, v) => m with { QueryParameters = v }, QueryParameterMatcherReader.TryRead)
        .List("cookies", "CookieMatcher", m => m.Cookies, (m, v) => m with { Cookies = v }, CookieMatcherReader.TryRead)
        .Message("runtime_fraction", "RuntimeFractionalPercent", m => m.RuntimeFraction, (m, v) => m with { RuntimeFraction = v }, RuntimeFractionReader.TryRead)
        .Message("grpc", m => m.Grpc ? new Nothing() : null, (m, _) => m with { Grpc = true }, Grpc)
        .Message("tls_context", m => m.TlsContext, (m, v) => m with { TlsContext = v }, TlsContext)
        .Add(
            new ConfigField("regex", "string (v2)", FieldSupport.Supported),
            _ => null,
            (m, v) => m with { Path = new RegexMatchConfig(v) },
            (ConfigValueReader<string>)RegexMatcherReader.TryReadText)
        .List("filter_state", "FilterStateMatcher", m => m.FilterStateKeys, (m, v) => m with { FilterStateKeys = v }, ReadFilterState)
        .NotYet("dynamic_metadata=[]")
        .OneOf(required: true, "prefix", "path", "safe_regex", "connect_matcher", "path_separated_prefix", "path_match_policy", "regex");

    private static bool ReadFilterState(ConfigNode node, ConfigReadContext context, out string value)
    {
        value = FilterState.Read(node, context).Key;
        return value.Length > 0;
    }

    private sealed record FilterStateDraft
    {
        public string Key { get; init; } = "";
    }

    private sealed record Nothing;
}
