using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>Reads <c>envoy.config.route.v3.Route</c>. Thread-safe.</summary>
internal static class RouteReader
{
    public static readonly FieldTable<RouteConfig> Fields = new FieldTable<RouteConfig>(
            "envoy.config.route.v3.Route",
            new RouteConfig { Match = new RouteMatchConfig { Path = new PrefixMatchConfig("") }, Action = new ForwardActionConfig { Cluster = "" } })
        .Text("name", r => r.Name, (r, v) => r with { Name = v })
        .Message("match", r => r.Match, (r, v) => r with { Match = v }, RouteMatchReader.Fields, required: true)
        .Message("route", r => r.Action as ForwardActionConfig, (r, v) => r with { Action = v }, RouteActionReader.Forward)
        .Message("redirect", r => r.Action as RedirectActionConfig, (r, v) => r with { Action = v }, RouteActionReader.Redirect)
        .Message("direct_response", r => r.Action as DirectResponseActionConfig, (r, v) => r with { Action = v }, RouteActionReader.DirectResponse)
        .NotYet("filter_action", "non_forwarding_action", "decorator", "typed_per_filter_config=[]", "per_filter_config=[]",
            "request_headers_to_add=[]", "request_headers_to_remove=[]", "response_headers_to_add=[]", "response_headers_to_remove=[]",
            "tracing", "per_request_buffer_limit_bytes", "request_body_buffer_limit", "stat_prefix=")
        .Inert("metadata")
        .OneOf(required: true, "route", "redirect", "direct_response", "filter_action", "non_forwarding_action");
}
