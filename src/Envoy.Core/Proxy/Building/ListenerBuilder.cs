using Envoy.Extensions;
using Envoy.FilterChains.Network;
using Envoy.Listeners;
using Envoy.Listeners.Filters;
using Envoy.Listeners.Matching;
using Envoy.Net;

namespace Envoy.Proxy.Building;

/// <summary>
/// Makes one listener: with one filter chain of the filters added to it, or with several that <see cref="FilterChain"/> adds. Used by one thread.
/// </summary>
public sealed class ListenerBuilder : IFilterChainBuilder<ListenerBuilder>
{
    private readonly string _name;
    private readonly List<NetworkFilterConfig> _filters = [];
    private readonly List<ListenerFilterConfig> _listenerFilters = [];
    private readonly List<FilterChainConfig> _chains = [];
    private FilterChainConfig? _default;
    private AddressConfig? _address;
    private Func<ListenerConfig, ListenerConfig> _with = l => l;

    internal ListenerBuilder(string name) => _name = name;

    /// <summary>Listens on an IP address.</summary>
    /// <param name="ipAddress">An IPv4 or IPv6 literal.</param>
    /// <param name="port">0 to 65535; 0 lets the system choose.</param>
    public ListenerBuilder Address(string ipAddress, int port) => Address(AddressArguments.Bindable(ipAddress, port));

    /// <summary>Listens on any kind of address: a Unix domain socket is a <see cref="PipeAddressConfig"/>, one inside this process a <see cref="MemoryAddressConfig"/>.</summary>
    public ListenerBuilder Address(AddressConfig address)
    {
        ArgumentNullException.ThrowIfNull(address);
        _address = address;
        return this;
    }

    /// <inheritdoc/>
    public ListenerBuilder AddFilter(string name, NetworkFilterOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        _filters.Add(new NetworkFilterConfig(name, options));
        return this;
    }

    /// <summary>Adds a listener filter, which looks at each connection before its filter chain is chosen, behind those already there.</summary>
    /// <param name="name">Shown in messages; by custom the filter's canonical name.</param>
    /// <param name="options">The filter's options; their type decides which filter it is.</param>
    /// <param name="disabled">Connections that it does not see; null: it sees all.</param>
    public ListenerBuilder AddListenerFilter(string name, ListenerFilterOptions options, ListenerFilterMatchConfig? disabled = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        _listenerFilters.Add(new ListenerFilterConfig(name, options) { Disabled = disabled });
        return this;
    }

    /// <summary>Adds a filter chain for the connections that match, and no other chain more closely.</summary>
    /// <param name="match">Which connections.</param>
    /// <param name="configure">Adds its filters.</param>
    /// <param name="name">Shown in messages and access logs; may be empty.</param>
    public ListenerBuilder FilterChain(FilterChainMatchConfig match, Action<FilterChainBuilder> configure, string name = "")
    {
        ArgumentNullException.ThrowIfNull(match);
        ArgumentNullException.ThrowIfNull(configure);
        ArgumentNullException.ThrowIfNull(name);
        var chain = new FilterChainBuilder(name, match == new FilterChainMatchConfig() ? null : match);
        configure(chain);
        _chains.Add(chain.Build());
        return this;
    }

    /// <summary>Says what becomes of the connections that no filter chain matches.</summary>
    /// <param name="configure">Adds its filters.</param>
    /// <param name="name">Shown in messages and access logs; may be empty.</param>
    public ListenerBuilder DefaultFilterChain(Action<FilterChainBuilder> configure, string name = "")
    {
        ArgumentNullException.ThrowIfNull(configure);
        ArgumentNullException.ThrowIfNull(name);
        var chain = new FilterChainBuilder(name, match: null);
        configure(chain);
        _default = chain.Build();
        return this;
    }

    /// <summary>Sets whatever else a listener has: <c>With(l => l with { TcpBacklogSize = 4096 })</c>.</summary>
    public ListenerBuilder With(Func<ListenerConfig, ListenerConfig> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var before = _with;
        _with = l => change(before(l));
        return this;
    }

    internal ListenerConfig Build()
    {
        if (_address is null)
            throw new ArgumentException($"Listener '{_name}' has no address.");
        if (_filters.Count > 0 || (_chains.Count == 0 && _default is null))
            _chains.Insert(0, new FilterChainConfig { Filters = ValueList.From(_filters) });
        return _with(new ListenerConfig
        {
            Name = _name,
            Address = _address,
            ListenerFilters = ValueList.From(_listenerFilters),
            FilterChains = ValueList.From(_chains),
            DefaultFilterChain = _default,
        });
    }
}
