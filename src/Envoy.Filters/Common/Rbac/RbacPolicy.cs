using Envoy.Matching;

namespace Envoy.Filters.Common.Rbac;

/// <summary>A compiled policy. Immutable.</summary>
internal sealed class RbacPolicy(string name, int index, RbacRule[] permissions, RbacRule[] principals)
{
    private const string NobodysDetails = "rbac_access_denied_matched_policy[none]";

    public string Name => name;

    /// <summary>Its place among the policies of its engine.</summary>
    public int Index => index;

    // Spaces would make it several words in a log.
    private string Details { get; } = $"rbac_access_denied_matched_policy[{string.Concat(name.Select(c => char.IsWhiteSpace(c) ? '_' : c))}]";

    /// <summary>Envoy's word for being refused because of a policy, or because there was none.</summary>
    public static string DetailsOf(RbacPolicy? policy) => policy?.Details ?? NobodysDetails;

    public bool Matches(in RbacSubject subject) => Any(permissions, subject) && Any(principals, subject);

    public void Warm(MatchScratch scratch)
    {
        foreach (var rule in permissions)
            rule.Warm(scratch);
        foreach (var rule in principals)
            rule.Warm(scratch);
    }

    private static bool Any(RbacRule[] rules, in RbacSubject subject)
    {
        foreach (var rule in rules)
        {
            if (rule.Matches(subject))
                return true;
        }

        return false;
    }
}
