using System.Net;
using Envoy.FilterChains;
using Envoy.Listeners.Filters;
using Envoy.Listeners.Matching;
using Envoy.TransportSockets;

namespace Envoy.Listeners;

/// <summary>A listener's compiled configuration. Immutable.</summary>
/// <param name="Config">What was asked for.</param>
/// <param name="EndPoint">Where to bind.</param>
/// <param name="Chains">Its compiled filter chains; the default one is the last, if there is one.</param>
/// <param name="Matcher">Chooses among them.</param>
/// <param name="ListenerFilters">Its compiled listener filters, in order.</param>
internal sealed record ListenerSnapshot(
    ListenerConfig Config, EndPoint EndPoint, IReadOnlyList<FilterChainSnapshot> Chains, FilterChainMatcher Matcher, IReadOnlyList<IListenerFilterSnapshot> ListenerFilters)
{
    /// <summary>Compiles a configuration that has been validated.</summary>
    public static ListenerSnapshot Compile(ListenerConfig config, EndPoint endPoint, FilterCompileContext filters, TransportSocketContext sockets)
    {
        IEnumerable<FilterChainConfig> chains = config.DefaultFilterChain is { } last ? config.FilterChains.Append(last) : config.FilterChains;
        return new ListenerSnapshot(
            config,
            endPoint,
            [.. chains.Select(c => FilterChainSnapshot.Compile(c, filters, sockets))],
            MatcherOf(config, static (_, _, _, _) => { }),
            [.. config.ListenerFilters.Select(f => f.Options.Compile(filters))]);
    }

    /// <summary>A listener with one chain, made in code.</summary>
    public static ListenerSnapshot Of(ListenerConfig config, EndPoint endPoint, FilterChainSnapshot chain) =>
        new(config, endPoint, [chain], MatcherOf(config, static (_, _, _, _) => { }), []);

    /// <inheritdoc cref="FilterChainMatcher.Compile"/>
    public static FilterChainMatcher MatcherOf(ListenerConfig config, Action<int, string, string, int> onError) =>
        FilterChainMatcher.Compile([.. config.FilterChains.Select(c => c.Match)], config.DefaultFilterChain is null ? -1 : config.FilterChains.Count, onError);
}
