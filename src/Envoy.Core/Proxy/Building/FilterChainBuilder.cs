using Envoy.Extensions;
using Envoy.FilterChains.Network;
using Envoy.Listeners;
using Envoy.Listeners.Matching;

namespace Envoy.Proxy.Building;

/// <summary>Makes one of a listener's filter chains. Used by one thread.</summary>
public sealed class FilterChainBuilder : IFilterChainBuilder<FilterChainBuilder>
{
    private readonly List<NetworkFilterConfig> _filters = [];
    private readonly string _name;
    private readonly FilterChainMatchConfig? _match;
    private Func<FilterChainConfig, FilterChainConfig> _with = c => c;

    internal FilterChainBuilder(string name, FilterChainMatchConfig? match)
    {
        _name = name;
        _match = match;
    }

    /// <inheritdoc/>
    public FilterChainBuilder AddFilter(string name, NetworkFilterOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        _filters.Add(new NetworkFilterConfig(name, options));
        return this;
    }

    /// <summary>Sets whatever else a filter chain has.</summary>
    public FilterChainBuilder With(Func<FilterChainConfig, FilterChainConfig> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var before = _with;
        _with = c => change(before(c));
        return this;
    }

    internal FilterChainConfig Build() => _with(new FilterChainConfig { Name = _name, Match = _match, Filters = ValueList.From(_filters) });
}
