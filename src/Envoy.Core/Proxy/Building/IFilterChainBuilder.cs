using Envoy.FilterChains.Network;

namespace Envoy.Proxy.Building;

/// <summary>Something that network filters are added to: a listener with one filter chain, or one chain of several. Used by one thread.</summary>
/// <typeparam name="TSelf">What each method gives back.</typeparam>
public interface IFilterChainBuilder<out TSelf>
{
    /// <summary>Adds a filter behind those already there.</summary>
    /// <param name="name">Shown in messages; by custom the filter's canonical name.</param>
    /// <param name="options">The filter's options; their type decides which filter it is.</param>
    TSelf AddFilter(string name, NetworkFilterOptions options);
}
