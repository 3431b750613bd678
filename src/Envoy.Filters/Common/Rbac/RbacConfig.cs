using Envoy.Extensions;

namespace Envoy.Filters.Common.Rbac;

/// <summary>Who may do what (<c>config.rbac.v3.RBAC</c>). Without any policy nobody may, with <see cref="RbacAction.Deny"/> everybody. Immutable.</summary>
public sealed record RbacConfig
{
    /// <summary>Default <see cref="RbacAction.Allow"/>.</summary>
    public RbacAction Action { get; init; }

    /// <summary>The policies, of which the first that matches, by the order of their names, is named in logs and statistics. Default: none.</summary>
    public ValueList<RbacPolicyConfig> Policies { get; init; } = [];
}

/// <summary>Who, and what (<c>config.rbac.v3.Policy</c>): one of each must match. Immutable.</summary>
/// <param name="Name">Unique among the policies.</param>
/// <param name="Permissions">What; at least one.</param>
/// <param name="Principals">Who; at least one.</param>
public sealed record RbacPolicyConfig(string Name, ValueList<RbacRuleConfig> Permissions, ValueList<RbacRuleConfig> Principals);
