using Envoy.Extensions;
using Envoy.FilterChains.Network;
using Envoy.Listeners;
using Envoy.Net;

namespace Envoy.Proxy.Building;

/// <summary>Makes one listener with one filter chain. Used by one thread.</summary>
public sealed class ListenerBuilder
{
    private readonly string _name;
    private readonly List<NetworkFilterConfig> _filters = [];
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

    /// <summary>Adds a filter behind those already there.</summary>
    /// <param name="name">Shown in messages; by custom the filter's canonical name.</param>
    /// <param name="options">The filter's options; their type decides which filter it is.</param>
    public ListenerBuilder AddFilter(string name, NetworkFilterOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        _filters.Add(new NetworkFilterConfig(name, options));
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
        return _with(new ListenerConfig { Name = _name, Address = _address, FilterChains = [new FilterChainConfig { Filters = ValueList.From(_filters) }] });
    }
}
