using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Filters.Common.Rbac;

namespace Envoy.Filters.Http.Rbac;

/// <summary>Options of <c>envoy.filters.http.rbac</c>, which answers 403 to those who may not. Immutable.</summary>
public sealed record HttpRbacOptions : HttpFilterOptions
{
    internal static readonly FieldTable<HttpRbacOptions> Fields = new FieldTable<HttpRbacOptions>("envoy.extensions.filters.http.rbac.v3.RBAC", new HttpRbacOptions())
        .Message("rules", o => o.Rules, (o, v) => o with { Rules = v }, RbacReader.Fields)
        .Text("rules_stat_prefix", o => o.RulesStatPrefix, (o, v) => o with { RulesStatPrefix = v })
        .Message("shadow_rules", o => o.ShadowRules, (o, v) => o with { ShadowRules = v }, RbacReader.Fields)
        .Text("shadow_rules_stat_prefix", o => o.ShadowRulesStatPrefix, (o, v) => o with { ShadowRulesStatPrefix = v })
        .Bool("track_per_rule_stats", o => o.TrackPerRuleStats, (o, v) => o with { TrackPerRuleStats = v })
        .NotYet("matcher", "shadow_matcher");

    /// <summary>Who may; null (default): everybody.</summary>
    public RbacConfig? Rules { get; init; }

    /// <summary>Stands before the names of the rules' statistics. Default: nothing.</summary>
    public string RulesStatPrefix { get; init; } = "";

    /// <summary>Rules that are only counted; null (default): none.</summary>
    public RbacConfig? ShadowRules { get; init; }

    /// <summary>Stands before the names of the shadow rules' statistics. Default: nothing.</summary>
    public string ShadowRulesStatPrefix { get; init; } = "";

    /// <summary>Count each policy's decisions, too, as <c>policy.NAME.allowed</c> and the like. Default false.</summary>
    public bool TrackPerRuleStats { get; init; }

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        RbacEngine.Validate(Rules, this, "rules", validation);
        RbacEngine.Validate(ShadowRules, this, "shadow_rules", validation);
    }

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new HttpRbacFilter.Snapshot(this);
}
