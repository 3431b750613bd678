using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Filters.Common.Rbac;

/// <summary>Compiled policies, and what they say of a connection or a request. Immutable.</summary>
internal sealed class RbacEngine
{
    private readonly RbacAction _action;

    private RbacEngine(RbacAction action, RbacPolicy[] policies)
    {
        _action = action;
        Policies = policies;
    }

    /// <summary>By the order of their names.</summary>
    public RbacPolicy[] Policies { get; }

    /// <summary>Reports what is wrong with policies.</summary>
    public static void Validate(RbacConfig? config, object owner, string field, ConfigValidation validation)
    {
        if (config is null)
            return;
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var policy in config.Policies)
        {
            if (!names.Add(policy.Name))
                validation.Error(policy, "", $"another policy is called '{policy.Name}'");
            if (policy.Permissions.Count == 0 || policy.Principals.Count == 0)
                validation.ErrorAt(owner, $"{field}.policies", $"'{policy.Name}' needs permissions and principals");
            _ = RbacRule.TryCompile(policy.Permissions, message => validation.Error(policy, "permissions", message));
            _ = RbacRule.TryCompile(policy.Principals, message => validation.Error(policy, "principals", message));
        }
    }

    /// <summary>Compiles policies that were found right; null: there are none to ask.</summary>
    public static RbacEngine? Compile(RbacConfig? config) => config is null ? null : new RbacEngine(
        config.Action,
        [.. config.Policies.OrderBy(p => p.Name, StringComparer.Ordinal).Select((p, i) => new RbacPolicy(
            p.Name,
            i,
            RbacRule.TryCompile(p.Permissions, static m => throw new ArgumentException(m))!,
            RbacRule.TryCompile(p.Principals, static m => throw new ArgumentException(m))!))]);

    /// <summary>Whether it may be; <paramref name="policy"/> is the one that decided, null: none matched.</summary>
    public bool Allows(in RbacSubject subject, out RbacPolicy? policy)
    {
        policy = null;
        foreach (var candidate in Policies)
        {
            if (!candidate.Matches(subject))
                continue;
            policy = candidate;
            break;
        }

        return _action switch
        {
            RbacAction.Allow => policy is not null,
            RbacAction.Deny => policy is null,
            _ => true,
        };
    }

    public void Warm(MatchScratch scratch)
    {
        foreach (var policy in Policies)
            policy.Warm(scratch);
    }
}
