using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;
using Envoy.Filters.Common.Rbac;

namespace Envoy.Filters.Network.Rbac;

/// <summary>When a connection's rules are asked (<c>network.rbac.v3.RBAC.EnforcementType</c>).</summary>
public enum RbacEnforcement
{
    /// <summary>When its first byte comes. The default.</summary>
    OneTimeOnFirstByte,

    /// <summary>Whenever bytes come.</summary>
    Continuous,
}

/// <summary>
/// Options of <c>envoy.filters.network.rbac</c>, which closes connections of those who may not, when their first byte comes. It goes before the filter
/// that answers or forwards. Immutable.
/// </summary>
public sealed record NetworkRbacOptions : NetworkFilterOptions
{
    private static readonly EnumNames<RbacEnforcement> Enforcement = new EnumNames<RbacEnforcement>("EnforcementType")
        .Add("ONE_TIME_ON_FIRST_BYTE", 0, RbacEnforcement.OneTimeOnFirstByte)
        .Add("CONTINUOUS", 1, RbacEnforcement.Continuous);

    internal static readonly FieldTable<NetworkRbacOptions> Fields = new FieldTable<NetworkRbacOptions>(
            "envoy.extensions.filters.network.rbac.v3.RBAC", new NetworkRbacOptions())
        .Message("rules", o => o.Rules, (o, v) => o with { Rules = v }, RbacReader.Fields)
        .Message("shadow_rules", o => o.ShadowRules, (o, v) => o with { ShadowRules = v }, RbacReader.Fields)
        .Text("shadow_rules_stat_prefix", o => o.ShadowRulesStatPrefix, (o, v) => o with { ShadowRulesStatPrefix = v })
        .Text("stat_prefix", o => o.StatPrefix, (o, v) => o with { StatPrefix = v }, required: true)
        .Enum("enforcement_type", o => o.EnforcementType, (o, v) => o with { EnforcementType = v }, Enforcement)
        .Duration("delay_deny", o => o.DelayDeny, (o, v) => o with { DelayDeny = v })
        .NotYet("matcher", "shadow_matcher");

    /// <summary>Statistics are under <c>PREFIX.rbac.</c>. To be set.</summary>
    public string StatPrefix { get; init; } = "";

    /// <summary>Who may; null (default): everybody.</summary>
    public RbacConfig? Rules { get; init; }

    /// <summary>Rules that are only counted; null (default): none.</summary>
    public RbacConfig? ShadowRules { get; init; }

    /// <summary>Stands before the names of the shadow rules' statistics. Default: nothing.</summary>
    public string ShadowRulesStatPrefix { get; init; } = "";

    /// <summary>When the rules are asked. Default <see cref="RbacEnforcement.OneTimeOnFirstByte"/>.</summary>
    public RbacEnforcement EnforcementType { get; init; }

    /// <summary>How long one that is refused is left waiting before it is closed. Default zero: not at all.</summary>
    public TimeSpan DelayDeny { get; init; }

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (StatPrefix.Length == 0 && !validation.IsRefused(this, "stat_prefix"))
            validation.Error(this, "stat_prefix", "must not be empty");
        RbacEngine.Validate(Rules, this, "rules", validation);
        RbacEngine.Validate(ShadowRules, this, "shadow_rules", validation);
    }

    /// <inheritdoc/>
    protected internal override INetworkFilterSnapshot Compile(FilterCompileContext context) => new NetworkRbacFilter.Snapshot(this);
}
