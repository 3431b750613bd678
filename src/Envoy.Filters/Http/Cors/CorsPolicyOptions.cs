using Envoy.Extensions;
using Envoy.Matching;
using Envoy.Routing;

namespace Envoy.Filters.Http.Cors;

/// <summary>
/// Whom a part of a route table lets use its responses (<c>CorsPolicy</c>). Each member is looked for at every level, the most specific
/// first, except for <see cref="FilterEnabled"/> and <see cref="ShadowEnabled"/>, which are the most specific level's. Immutable.
/// </summary>
public sealed record CorsPolicyOptions : RouteFilterOptions
{
    internal static readonly FieldTable<CorsPolicyOptions> Fields = New("envoy.extensions.filters.http.cors.v3.CorsPolicy");

    /// <summary>The fields where the policy stood once, with v2's.</summary>
    internal static readonly FieldTable<CorsPolicyOptions> DeprecatedFields = New("envoy.config.route.v3.CorsPolicy")
        .Add(
            new ConfigField("enabled", "bool (v2)", FieldSupport.Supported),
            _ => null,
            (CorsPolicyOptions p, bool v) => v ? p : p with { FilterEnabled = new RuntimeFractionConfig(new FractionalPercentConfig(0)) },
            ConfigValues.ReadBool)
        .List<CorsPolicyOptions, StringMatcherConfig>("allow_origin", "string (v2)", _ => null, AllowMore, TryReadOrigin)
        .List<CorsPolicyOptions, StringMatcherConfig>("allow_origin_regex", "string (v2)", _ => null, AllowMore, TryReadRegex);

    /// <summary>The origins that are allowed; one that matches <c>*</c> allows all. Default: what the level above says; none at all: nobody.</summary>
    public ValueList<StringMatcherConfig> AllowOrigins { get; init; } = [];

    /// <summary>What a preflight's answer allows, <c>*</c>: what was asked for. Empty (default): what the level above says.</summary>
    public string AllowMethods { get; init; } = "";

    /// <summary>What a preflight's answer allows, <c>*</c>: what was asked for. Empty (default): what the level above says.</summary>
    public string AllowHeaders { get; init; } = "";

    /// <summary>The response headers that scripts may see. Empty (default): what the level above says.</summary>
    public string ExposeHeaders { get; init; } = "";

    /// <summary>How many seconds a preflight's answer is good for, as text. Empty (default): what the level above says.</summary>
    public string MaxAge { get; init; } = "";

    /// <summary>Cookies and the like may be sent. Null (default): what the level above says, at last no.</summary>
    public bool? AllowCredentials { get; init; }

    /// <summary>A page from a public network may ask a private one. Null (default): what the level above says, at last no.</summary>
    public bool? AllowPrivateNetworkAccess { get; init; }

    /// <summary>Preflights of origins that are not allowed go to the upstream. Null (default): what the level above says, at last yes.</summary>
    public bool? ForwardNotMatchingPreflights { get; init; }

    /// <summary>The share of requests that the policy is for; null (default): all.</summary>
    public RuntimeFractionConfig? FilterEnabled { get; init; }

    /// <summary>The share of the other requests whose origins are counted only; null (default): none.</summary>
    public RuntimeFractionConfig? ShadowEnabled { get; init; }

    /// <summary>It stands in the deprecated field <c>cors</c>: it counts only where no level has one in the new place. Default false.</summary>
    public bool IsDeprecatedField { get; init; }

    /// <inheritdoc/>
    protected internal override object Compile() => CorsPolicy.Compile(this);

    private static FieldTable<CorsPolicyOptions> New(string message) => new FieldTable<CorsPolicyOptions>(message, new CorsPolicyOptions())
        .List("allow_origin_string_match", "StringMatcher", p => p.AllowOrigins, (p, v) => AllowMore(p, v), StringMatcherReader.TryRead)
        .Text("allow_methods", p => p.AllowMethods, (p, v) => p with { AllowMethods = v })
        .Text("allow_headers", p => p.AllowHeaders, (p, v) => p with { AllowHeaders = v })
        .Text("expose_headers", p => p.ExposeHeaders, (p, v) => p with { ExposeHeaders = v })
        .Text("max_age", p => p.MaxAge, (p, v) => p with { MaxAge = v })
        .Bool("allow_credentials", p => p.AllowCredentials, (p, v) => p with { AllowCredentials = v })
        .Bool("allow_private_network_access", p => p.AllowPrivateNetworkAccess, (p, v) => p with { AllowPrivateNetworkAccess = v })
        .Bool("forward_not_matching_preflights", p => p.ForwardNotMatchingPreflights, (p, v) => p with { ForwardNotMatchingPreflights = v })
        .Message("filter_enabled", "RuntimeFractionalPercent", p => p.FilterEnabled, (p, v) => p with { FilterEnabled = v }, RuntimeFractionReader.TryRead)
        .Message("shadow_enabled", "RuntimeFractionalPercent", p => p.ShadowEnabled, (p, v) => p with { ShadowEnabled = v }, RuntimeFractionReader.TryRead);

    private static CorsPolicyOptions AllowMore(CorsPolicyOptions policy, ValueList<StringMatcherConfig> origins) =>
        policy with { AllowOrigins = ValueList.From(policy.AllowOrigins.Concat(origins)) };

    private static bool TryReadOrigin(ConfigNode node, ConfigReadContext context, out StringMatcherConfig value)
    {
        var right = ConfigValues.ReadString(node, context, out var text);
        value = StringMatcherConfig.Exact(text);
        return right;
    }

    private static bool TryReadRegex(ConfigNode node, ConfigReadContext context, out StringMatcherConfig value)
    {
        var right = ConfigValues.ReadString(node, context, out var text);
        value = StringMatcherConfig.Regex(text);
        return right;
    }
}
