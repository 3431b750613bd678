using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Matching;
using Envoy.Routing;

namespace Envoy.Filters.Http.Cors;

/// <summary><c>envoy.filters.http.cors</c> in the catalogue. Immutable.</summary>
internal sealed class CorsExtension : HttpFilterExtension
{
    private static readonly FieldTable<CorsPolicyOptions> Policy = new FieldTable<CorsPolicyOptions>("envoy.extensions.filters.http.cors.v3.CorsPolicy", new CorsPolicyOptions())
        .List("allow_origin_string_match", "StringMatcher", p => p.AllowOriginStringMatch, (p, v) => p with { AllowOriginStringMatch = v }, StringMatcherReader.TryRead)
        .List("allow_origin", "string (v2)", _ => null, (CorsPolicyOptions p, ValueList<string> v) => Add(p, StringMatchKind.Exact, v), FieldKinds.ReadNonEmpty)
        .List("allow_origin_regex", "string (v2)", _ => null, (CorsPolicyOptions p, ValueList<string> v) => Add(p, StringMatchKind.Regex, v), FieldKinds.ReadNonEmpty)
        .Text("allow_methods", p => p.AllowMethods, (p, v) => p with { AllowMethods = v })
        .Text("allow_headers", p => p.AllowHeaders, (p, v) => p with { AllowHeaders = v })
        .Text("expose_headers", p => p.ExposeHeaders, (p, v) => p with { ExposeHeaders = v })
        .Text("max_age", p => p.MaxAge, (p, v) => p with { MaxAge = v })
        .Bool("allow_credentials", p => p.AllowCredentials, (p, v) => p with { AllowCredentials = v })
        .Bool("allow_private_network_access", p => p.AllowPrivateNetworkAccess, (p, v) => p with { AllowPrivateNetworkAccess = v })
        .Bool("forward_not_matching_preflights", p => p.ForwardNotMatchingPreflights, (p, v) => p with { ForwardNotMatchingPreflights = v })
        .Message("filter_enabled", "RuntimeFractionalPercent", p => p.FilterEnabled, (p, v) => p with { FilterEnabled = v }, RuntimeFractionReader.TryRead)
        .Message("shadow_enabled", "RuntimeFractionalPercent", p => p.ShadowEnabled, (p, v) => p with { ShadowEnabled = v }, RuntimeFractionReader.TryRead)

        // 2018's way to say so.
        .Bool("enabled", _ => null, (p, v) => p with { FilterEnabled = new RuntimeFractionConfig(new FractionalPercentConfig(v ? 100u : 0)) })
        .OneOf(required: false, "enabled", "filter_enabled");

    /// <inheritdoc/>
    public override string Name => "envoy.filters.http.cors";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.cors"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.filters.http.cors.v3.Cors", "envoy.config.filter.http.cors.v2.Cors"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> RouteTypeUrls =>
        ["envoy.extensions.filters.http.cors.v3.CorsPolicy", "envoy.config.route.v3.CorsPolicy", "envoy.api.v2.route.CorsPolicy"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(CorsOptions);

    /// <inheritdoc/>
    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => CorsOptions.Fields.Read(node, context);

    /// <inheritdoc/>
    public override RouteFilterOptions? ReadRouteOptions(string type, ConfigNode node, ConfigReadContext context) => Policy.Read(node, context);

    private static CorsPolicyOptions Add(CorsPolicyOptions policy, StringMatchKind kind, ValueList<string> values) => policy with
    {
        AllowOriginStringMatch = ValueList.From(policy.AllowOriginStringMatch.Concat(values.Select(v => new StringMatcherConfig(kind, v)))),
    };
}
