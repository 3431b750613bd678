using System.Net;
using Envoy.Extensions;

namespace Envoy.Listeners.Filters;

/// <summary>Which connections (<c>envoy.config.listener.v3.ListenerFilterChainMatchPredicate</c>). Immutable.</summary>
public abstract record ListenerFilterMatchConfig
{
    /// <summary>Whether a connection is one of them.</summary>
    /// <param name="local">Its own side's address.</param>
    internal abstract bool Matches(EndPoint? local);
}

/// <summary>All of them (<c>any_match</c>). Immutable.</summary>
public sealed record AnyListenerMatchConfig : ListenerFilterMatchConfig
{
    internal override bool Matches(EndPoint? local) => true;
}

/// <summary>Those to a port of a range (<c>destination_port_range</c>). Immutable.</summary>
/// <param name="Start">The first port.</param>
/// <param name="End">The port after the last.</param>
public sealed record PortRangeListenerMatchConfig(int Start, int End) : ListenerFilterMatchConfig
{
    internal override bool Matches(EndPoint? local) => local is IPEndPoint ip && ip.Port >= Start && ip.Port < End;
}

/// <summary>Those that no rule says (<c>not_match</c>). Immutable.</summary>
/// <param name="Rule">The others.</param>
public sealed record NotListenerMatchConfig(ListenerFilterMatchConfig Rule) : ListenerFilterMatchConfig
{
    internal override bool Matches(EndPoint? local) => !Rule.Matches(local);
}

/// <summary>Those of all rules (<c>and_match</c>). Immutable.</summary>
/// <param name="Rules">Two at least.</param>
public sealed record AndListenerMatchConfig(ValueList<ListenerFilterMatchConfig> Rules) : ListenerFilterMatchConfig
{
    internal override bool Matches(EndPoint? local)
    {
        foreach (var rule in Rules)
        {
            if (!rule.Matches(local))
                return false;
        }

        return true;
    }
}

/// <summary>Those of any rule (<c>or_match</c>). Immutable.</summary>
/// <param name="Rules">Two at least.</param>
public sealed record OrListenerMatchConfig(ValueList<ListenerFilterMatchConfig> Rules) : ListenerFilterMatchConfig
{
    internal override bool Matches(EndPoint? local)
    {
        foreach (var rule in Rules)
        {
            if (rule.Matches(local))
                return true;
        }

        return false;
    }
}
