using Envoy.Formatting;

namespace Envoy.Routing;

/// <summary>What a route does (<c>action</c> of <c>route.v3.Route</c>). Immutable.</summary>
public abstract record RouteActionConfig;

/// <summary>Answer without an upstream (<c>route.v3.DirectResponseAction</c>). Immutable.</summary>
/// <param name="Status">200 to 599.</param>
public sealed record DirectResponseActionConfig(int Status) : RouteActionConfig
{
    /// <summary>The body, UTF-8; at most as long as the table's <c>max_direct_response_body_size_bytes</c> (4096). Empty (default): none.</summary>
    public string Body { get; init; } = "";

    /// <summary>How the body is made from <see cref="Body"/> and the request; null (default): as it is.</summary>
    public SubstitutionFormatConfig? BodyFormat { get; init; }
}

/// <summary>
/// The route belongs to filters that do not forward HTTP (<c>non_forwarding_action</c>); a request that gets to the router with it finds no
/// route. Immutable.
/// </summary>
public sealed record NonForwardingActionConfig : RouteActionConfig;
