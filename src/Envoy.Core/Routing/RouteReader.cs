using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>Reads <c>envoy.config.route.v3.Route</c>. Thread-safe.</summary>
internal static class RouteReader
{
    private static readonly FieldTable<NonForwardingActionConfig> NonForwarding = new(
        "envoy.config.route.v3.NonForwardingAction", new NonForwardingActionConfig());

    public static readonly FieldTable<RouteConfig> Fields = new FieldTable<RouteConfig>(
            "envoy.config.route.v3.Route",
            new RouteConfig { Match = new RouteMatchConfig { Path = new PrefixMatchConfig("") }, Action = new NonForwardingActionConfig() })
        .Text("name", r => r.Name, (r, v) => r with { Name = v })
        .Message("match", r => r.Match, (r, v) => r with { Match = v }, RouteMatchReader.Fields, required: true)
        .Message("route", r => r.Action as ForwardActionConfig, (r, v) => r with { Action = v }, RouteActionReader.Forward)
        .Message("redirect", r => r.Action as RedirectActionConfig, (r, v) => r with { Action = v }, RouteActionReader.Redirect)
        .Message("direct_response", r => r.Action as DirectResponseActionConfig, (r, v) => r with { Action = v }, RouteActionReader.DirectResponse)
        .Message("non_forwarding_action", r => r.Action as NonForwardingActionConfig, (r, v) => r with { Action = v }, NonForwarding)
        .HeaderMutations(r => r.Headers, (r, v) => r with { Headers = v })
        .FilterOptions(r => r.FilterOptions, (r, v) => r with { FilterOptions = v })
        .BufferLimit(r => r.RequestBodyBufferLimit, (r, v) => r with { RequestBodyBufferLimit = v })
        .Text("stat_prefix", r => r.StatPrefix, (r, v) => r with { StatPrefix = v })
        .NotYet("filter_action")

        // Both speak of spans, and without a tracer (which is refused) there are none.
        .Inert("metadata", "decorator", "tracing")
        .OneOf(required: true, "route", "redirect", "direct_response", "filter_action", "non_forwarding_action");
}
