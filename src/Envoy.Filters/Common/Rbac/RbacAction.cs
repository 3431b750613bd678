namespace Envoy.Filters.Common.Rbac;

/// <summary>What becomes of those whom a policy is about (<c>config.rbac.v3.RBAC.Action</c>).</summary>
public enum RbacAction
{
    /// <summary>They may; all others may not. The default.</summary>
    Allow,

    /// <summary>They may not; all others may.</summary>
    Deny,

    /// <summary>Everybody may.</summary>
    Log,
}
