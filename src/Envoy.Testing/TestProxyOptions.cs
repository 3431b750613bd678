using System.Collections.Immutable;
using Envoy.Clusters;
using Envoy.ConnectionManager;
using Envoy.FilterChains.Http;
using Envoy.Net;
using Envoy.Proxy;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Runtime.Memory;
using Microsoft.Extensions.Logging;

namespace Envoy.Testing;

/// <summary>How a <see cref="TestProxy"/> differs from one that is meant for production. Immutable.</summary>
public sealed record TestProxyOptions
{
    /// <summary>How I/O is done. Default <see cref="EngineKind.Auto"/>.</summary>
    public EngineKind Engine { get; init; }

    /// <summary>Worker event loops. Default 1, so that pools and balancers are predictable.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>The clock. Default null: a <see cref="ManualClock"/> of the proxy's own, so that no time passes unless the test says so.</summary>
    public TimeProvider? TimeProvider { get; init; }

    /// <summary>Seeds random choices. Default 1.</summary>
    public int RandomSeed { get; init; } = 1;

    /// <summary>Who answers look-ups. Default null: a <see cref="FakeDnsResolver"/> of the proxy's own.</summary>
    public FakeDnsResolver? Resolver { get; init; }

    /// <summary>Where in-memory addresses live. Default null: a network of the proxy's own.</summary>
    public MemoryNetwork? MemoryNetwork { get; init; }

    /// <summary>Where log messages go. Default null: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Where <see cref="TestProxy.ForwardTo"/> listens. Default: a free port of 127.0.0.1.</summary>
    public AddressConfig Address { get; init; } = new SocketAddressConfig("127.0.0.1", 0);

    /// <summary>HTTP filters to run before the router of every connection manager, made afresh for each stream. Default: none.</summary>
    public IReadOnlyList<Func<IHttpFilter>> Filters { get; init; } = [];

    /// <summary>Changes the route that <see cref="TestProxy.ForwardTo"/> makes. Default null: no change.</summary>
    public Func<ForwardActionConfig, ForwardActionConfig>? ConfigureRoute { get; init; }

    /// <summary>Changes every cluster. Default null: no change.</summary>
    public Func<ClusterConfig, ClusterConfig>? ConfigureCluster { get; init; }

    /// <summary>Changes every HTTP connection manager. Default null: no change.</summary>
    public Func<HttpConnectionManagerOptions, HttpConnectionManagerOptions>? ConfigureHttp { get; init; }

    /// <summary>Changes the whole, after everything else. Default null: no change.</summary>
    public Func<ProxyConfig, ProxyConfig>? Configure { get; init; }

    internal ImmutableDictionary<string, AddressConfig> EndpointMap { get; init; } = ImmutableDictionary<string, AddressConfig>.Empty;

    internal ImmutableDictionary<string, AddressConfig> ListenerMap { get; init; } = ImmutableDictionary<string, AddressConfig>.Empty;

    /// <summary>Puts <paramref name="upstream"/> where the configuration has <paramref name="address"/>.</summary>
    /// <param name="address">An endpoint as it is configured: <c>172.17.0.3:80</c>, <c>myservice:8081</c>, <c>[::1]:80</c> or a pipe's path.</param>
    /// <param name="upstream">What takes its place.</param>
    public TestProxyOptions MapEndpoint(string address, FakeUpstream upstream)
    {
        ArgumentNullException.ThrowIfNull(upstream);
        return MapEndpoint(address, upstream.Address);
    }

    /// <summary>Puts <paramref name="to"/> where the configuration has <paramref name="address"/>.</summary>
    public TestProxyOptions MapEndpoint(string address, AddressConfig to) => this with { EndpointMap = EndpointMap.SetItem(address, to) };

    /// <summary>Lets a listener listen on <paramref name="to"/>; without this all listeners are on free ports of 127.0.0.1.</summary>
    public TestProxyOptions MapListener(string name, AddressConfig to) => this with { ListenerMap = ListenerMap.SetItem(name, to) };
}
