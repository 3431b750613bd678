using Envoy.Extensions;
using Envoy.Filters.Common.Rbac;
using Envoy.Routing;

namespace Envoy.Filters.Http.Rbac;

/// <summary>The RBAC filter's options for a part of a route table (<c>RBACPerRoute</c>): other rules, or none. Immutable.</summary>
public sealed record HttpRbacRouteOptions : RouteFilterOptions
{
    internal static readonly FieldTable<HttpRbacRouteOptions> Fields = new FieldTable<HttpRbacRouteOptions>(
            "envoy.extensions.filters.http.rbac.v3.RBACPerRoute", new HttpRbacRouteOptions())
        .Message("rbac", o => o.Rbac, (o, v) => o with { Rbac = v }, HttpRbacOptions.Fields);

    /// <summary>What counts instead of the filter's own options; their prefixes of statistics do not. Null (default): everybody may.</summary>
    public HttpRbacOptions? Rbac { get; init; }

    /// <inheritdoc/>
    protected internal override object Compile() => new HttpRbacRules(Rbac ?? new HttpRbacOptions());
}
