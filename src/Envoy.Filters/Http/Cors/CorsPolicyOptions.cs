using Envoy.Extensions;
using Envoy.Matching;
using Envoy.Routing;

namespace Envoy.Filters.Http.Cors;

/// <summary>
/// What a part of a route table allows other origins (<c>cors.v3.CorsPolicy</c>). What one level leaves open, the level above it says. Immutable.
/// </summary>
public sealed record CorsPolicyOptions : RouteFilterOptions
{
    /// <summary>The origins; one that matches any of these is allowed. Default: none.</summary>
    public ValueList<StringMatcherConfig> AllowOriginStringMatch { get; init; } = [];

    /// <summary>The value of <c>access-control-allow-methods</c>. Default empty: no such header.</summary>
    public string AllowMethods { get; init; } = "";

    /// <summary>The value of <c>access-control-allow-headers</c>. Default empty: no such header.</summary>
    public string AllowHeaders { get; init; } = "";

    /// <summary>The value of <c>access-control-expose-headers</c>. Default empty: no such header.</summary>
    public string ExposeHeaders { get; init; } = "";

    /// <summary>The value of <c>access-control-max-age</c>. Default empty: no such header.</summary>
    public string MaxAge { get; init; } = "";

    /// <summary>Credentials are allowed. Default null: not.</summary>
    public bool? AllowCredentials { get; init; }

    /// <summary>Public sites may ask for what is in a private network. Default null: not.</summary>
    public bool? AllowPrivateNetworkAccess { get; init; }

    /// <summary>A preflight of an origin that is not allowed goes to the upstream; false: it is answered with a bare 200. Default null: it goes.</summary>
    public bool? ForwardNotMatchingPreflights { get; init; }

    /// <summary>The share of requests for which the policy counts. Default null: all.</summary>
    public RuntimeFractionConfig? FilterEnabled { get; init; }

    /// <summary>The share for which, where the policy does not count, the statistics are kept all the same. Default null: none.</summary>
    public RuntimeFractionConfig? ShadowEnabled { get; init; }

    /// <inheritdoc/>
    protected internal override object Compile() => new CorsPolicy(this);
}
