using Envoy.Extensions;
using Envoy.Matching;
using Envoy.Net;

namespace Envoy.Filters.Common.Rbac;

/// <summary>
/// One condition on a connection or a request, of the kinds that are nested here (<c>config.rbac.v3.Permission</c> and <c>Principal</c>). Immutable.
/// </summary>
public abstract record RbacRuleConfig
{
    private RbacRuleConfig()
    {
    }

    /// <summary>Everything.</summary>
    public sealed record Any : RbacRuleConfig;

    /// <summary>All of them.</summary>
    /// <param name="Rules">At least one.</param>
    public sealed record And(ValueList<RbacRuleConfig> Rules) : RbacRuleConfig;

    /// <summary>One of them.</summary>
    /// <param name="Rules">At least one.</param>
    public sealed record Or(ValueList<RbacRuleConfig> Rules) : RbacRuleConfig;

    /// <summary>What it does not match.</summary>
    /// <param name="Rule">The condition.</param>
    public sealed record Not(RbacRuleConfig Rule) : RbacRuleConfig;

    /// <summary>A header of the request; of a connection there is none.</summary>
    /// <param name="Matcher">The condition.</param>
    public sealed record Header(HeaderMatcherConfig Matcher) : RbacRuleConfig;

    /// <summary>The request's path without its query; of a connection there is none.</summary>
    /// <param name="Matcher">The condition.</param>
    public sealed record UrlPath(StringMatcherConfig Matcher) : RbacRuleConfig;

    /// <summary>An IP address of the connection.</summary>
    /// <param name="Address">Which one.</param>
    /// <param name="Range">The network it is in.</param>
    public sealed record Ip(RbacAddress Address, CidrRangeConfig Range) : RbacRuleConfig;

    /// <summary>The port that the client reached.</summary>
    /// <param name="Start">The first, 0 to 65535.</param>
    /// <param name="End">The one behind the last.</param>
    public sealed record DestinationPort(int Start, int End) : RbacRuleConfig;

    /// <summary>The server name that the client asked for; an empty one where it asked for none.</summary>
    /// <param name="Matcher">The condition.</param>
    public sealed record RequestedServerName(StringMatcherConfig Matcher) : RbacRuleConfig;

    /// <summary>
    /// The client came by TLS; with a condition, and one of its certificate's URIs, DNS names, or the subject meets it.
    /// </summary>
    /// <param name="PrincipalName">The condition; null: TLS is enough, as in Envoy.</param>
    public sealed record Authenticated(StringMatcherConfig? PrincipalName) : RbacRuleConfig;
}

/// <summary>An address of a connection.</summary>
public enum RbacAddress
{
    /// <summary>The one that the client reached (<c>destination_ip</c>).</summary>
    Destination,

    /// <summary>The connection's peer, by its PROXY header if there is one (<c>source_ip</c>).</summary>
    Source,

    /// <summary>The connection's peer, whatever it says (<c>direct_remote_ip</c>).</summary>
    DirectRemote,

    /// <summary>The client, by <c>x-forwarded-for</c> where that is trusted (<c>remote_ip</c>).</summary>
    Remote,
}
