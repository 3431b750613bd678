using Envoy.Stats;

namespace Envoy.Filters.Common.Rbac;

/// <summary>What rules have decided, and what shadow rules would have: Envoy's names under <c>PREFIX.rbac.</c>. Worker-owned.</summary>
internal sealed class RbacStats
{
    private readonly CounterCell _allowed;
    private readonly CounterCell _denied;
    private readonly CounterCell _shadowAllowed;
    private readonly CounterCell _shadowDenied;
    private readonly StatsScope _rules;
    private readonly StatsScope _shadow;
    private readonly int _shard;
    private readonly Dictionary<(RbacPolicy Policy, bool Shadow, bool Allowed), CounterCell> _byPolicy = [];

    /// <param name="scope"><c>PREFIX.rbac</c>.</param>
    /// <param name="rulesPrefix">Stands before the rules' names; may be empty.</param>
    /// <param name="shadowPrefix">Stands before the shadow rules' names; may be empty.</param>
    /// <param name="shard">The worker's shard.</param>
    public RbacStats(StatsScope scope, string rulesPrefix, string shadowPrefix, int shard)
    {
        _shard = shard;
        _rules = Below(scope, rulesPrefix);
        _shadow = Below(scope, shadowPrefix);
        _allowed = _rules.Counter("allowed", shard);
        _denied = _rules.Counter("denied", shard);
        _shadowAllowed = _shadow.Counter("shadow_allowed", shard);
        _shadowDenied = _shadow.Counter("shadow_denied", shard);
    }

    /// <summary>Counts a decision; where <paramref name="perPolicy"/> also that of the policy.</summary>
    public void Count(bool shadow, bool allowed, RbacPolicy? policy, bool perPolicy)
    {
        (shadow ? allowed ? _shadowAllowed : _shadowDenied : allowed ? _allowed : _denied).Inc();
        if (policy is null || !perPolicy)
            return;
        // As many as the configuration has policies.
        if (!_byPolicy.TryGetValue((policy, shadow, allowed), out var counter))
        {
            counter = (shadow ? _shadow : _rules).Counter($"policy.{policy.Name}.{(shadow ? "shadow_" : "")}{(allowed ? "allowed" : "denied")}", _shard);
            _byPolicy.Add((policy, shadow, allowed), counter);
        }

        counter.Inc();
    }

    // Envoy's prefixes may or may not end with a dot.
    private static StatsScope Below(StatsScope scope, string prefix) => prefix.TrimEnd('.') is { Length: > 0 } name ? scope.Scope(name) : scope;
}
