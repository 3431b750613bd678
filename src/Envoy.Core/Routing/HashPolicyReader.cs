using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>Reads <c>envoy.config.route.v3.RouteAction.HashPolicy</c>. Thread-safe.</summary>
internal static class HashPolicyReader
{
    private static readonly FieldTable<HeaderHashPolicyConfig> Header = new FieldTable<HeaderHashPolicyConfig>(
            "envoy.config.route.v3.RouteAction.HashPolicy.Header", new HeaderHashPolicyConfig(""))
        .Text("header_name", h => h.Name, (h, v) => h with { Name = v }, required: true)
        .Message("regex_rewrite", "RegexMatchAndSubstitute", h => h.RegexRewrite, (h, v) => h with { RegexRewrite = v }, RegexMatchAndSubstituteReader.TryRead);

    private static readonly FieldTable<CookieAttributeConfig> Attribute = new FieldTable<CookieAttributeConfig>(
            "envoy.config.route.v3.RouteAction.HashPolicy.CookieAttribute", new CookieAttributeConfig("", ""))
        .Text("name", a => a.Name, (a, v) => a with { Name = v }, required: true)
        .Text("value", a => a.Value, (a, v) => a with { Value = v });

    private static readonly FieldTable<CookieHashPolicyConfig> Cookie = new FieldTable<CookieHashPolicyConfig>(
            "envoy.config.route.v3.RouteAction.HashPolicy.Cookie", new CookieHashPolicyConfig(""))
        .Text("name", c => c.Name, (c, v) => c with { Name = v }, required: true)
        .Duration("ttl", c => c.Ttl, (c, v) => c with { Ttl = v })
        .Text("path", c => c.Path, (c, v) => c with { Path = v })
        .List("attributes", c => c.Attributes, (c, v) => c with { Attributes = v }, Attribute);

    private static readonly FieldTable<Connection> ConnectionFields = new FieldTable<Connection>(
            "envoy.config.route.v3.RouteAction.HashPolicy.ConnectionProperties", new Connection())
        .Bool("source_ip", c => c.SourceIp, (c, v) => c with { SourceIp = v });

    private static readonly FieldTable<QueryParameterHashPolicyConfig> QueryParameter = new FieldTable<QueryParameterHashPolicyConfig>(
            "envoy.config.route.v3.RouteAction.HashPolicy.QueryParameter", new QueryParameterHashPolicyConfig(""))
        .Text("name", q => q.Name, (q, v) => q with { Name = v }, required: true);

    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.config.route.v3.RouteAction.HashPolicy", new Draft())
        .Message("header", d => d.Policy as HeaderHashPolicyConfig, (d, v) => d with { Policy = v }, Header)
        .Message("cookie", d => d.Policy as CookieHashPolicyConfig, (d, v) => d with { Policy = v }, Cookie)
        .Message("connection_properties", d => d.Connection, (d, v) => d with { Connection = v }, ConnectionFields)
        .Message("query_parameter", d => d.Policy as QueryParameterHashPolicyConfig, (d, v) => d with { Policy = v }, QueryParameter)
        .Bool("terminal", d => d.Terminal, (d, v) => d with { Terminal = v })
        .NotYet("filter_state")
        .OneOf(required: true, "header", "cookie", "connection_properties", "query_parameter", "filter_state");

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out HashPolicyConfig value)
    {
        var draft = Fields.Read(node, context);

        // Envoy makes no hash of a connection whose source_ip is not wanted.
        var policy = draft.Connection is { SourceIp: true } ? new SourceIpHashPolicyConfig() : draft.Policy;
        value = policy is null ? null! : policy with { Terminal = draft.Terminal };
        return policy is not null;
    }

    private sealed record Connection
    {
        public bool SourceIp { get; init; }
    }

    private sealed record Draft
    {
        public HashPolicyConfig? Policy { get; init; }

        public Connection? Connection { get; init; }

        public bool Terminal { get; init; }
    }
}
