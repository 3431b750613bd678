using Envoy.Clusters;
using Envoy.Extensions;
using Envoy.Listeners;
using Envoy.Net;
using Envoy.TransportSockets.Tls;

namespace Envoy.Proxy.Building;

/// <summary>
/// Makes a <see cref="ProxyConfig"/> in code: the same record that YAML becomes, checked by the same rules. Single-use; used by one thread.
/// </summary>
/// <example>
/// <code>
/// var config = new ProxyConfigBuilder()
///     .AddListener("listener_0", l => l
///         .Address("127.0.0.1", 0)
///         .AddHttpConnectionManager("egress_http", h => h
///             .VirtualHost("web", ["*.example.com", "example.com"], v => v
///                 .Redirect("/old", new() { HostRedirect = "www.example.com" })
///                 .Route("/", "web_cluster"))))
///     .AddCluster("web_cluster", c => c
///         .StrictDns()
///         .ConnectTimeout(TimeSpan.FromMilliseconds(250))
///         .Endpoint("myservice", 8081))
///     .Build();
/// </code>
/// </example>
public sealed class ProxyConfigBuilder
{
    private readonly List<ListenerConfig> _listeners = [];
    private readonly List<ClusterConfig> _clusters = [];
    private readonly List<SecretConfig> _secrets = [];
    private NodeConfig _node = new();
    private AdminConfig? _admin;
    private bool _built;

    /// <summary>Says who this proxy is.</summary>
    public ProxyConfigBuilder Node(string id, string cluster = "") => Node(new NodeConfig { Id = id, Cluster = cluster });

    /// <summary>Says who this proxy is.</summary>
    public ProxyConfigBuilder Node(NodeConfig node)
    {
        ArgumentNullException.ThrowIfNull(node);
        _node = node;
        return this;
    }

    /// <summary>Opens the admin interface.</summary>
    /// <param name="ipAddress">An IP literal; the loopback one unless others shall reach it.</param>
    /// <param name="port">0 to 65535; 0 lets the system choose.</param>
    public ProxyConfigBuilder Admin(string ipAddress = "127.0.0.1", int port = 0) =>
        Admin(new AdminConfig { Address = AddressArguments.Bindable(ipAddress, port) });

    /// <summary>Opens the admin interface.</summary>
    public ProxyConfigBuilder Admin(AdminConfig admin)
    {
        ArgumentNullException.ThrowIfNull(admin);
        _admin = admin;
        return this;
    }

    /// <summary>Adds a listener.</summary>
    /// <param name="name">Unique among listeners.</param>
    /// <param name="configure">Says where it listens and which filters it runs.</param>
    public ProxyConfigBuilder AddListener(string name, Action<ListenerBuilder> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        var listener = new ListenerBuilder(name);
        configure(listener);
        return AddListener(listener.Build());
    }

    /// <summary>Adds a listener.</summary>
    public ProxyConfigBuilder AddListener(ListenerConfig listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        _listeners.Add(listener);
        return this;
    }

    /// <summary>Adds a cluster.</summary>
    /// <param name="name">Unique among clusters; routes and filters use it.</param>
    /// <param name="configure">Says how its hosts are found and where.</param>
    public ProxyConfigBuilder AddCluster(string name, Action<ClusterBuilder> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        var cluster = new ClusterBuilder(name);
        configure(cluster);
        return AddCluster(cluster.Build());
    }

    /// <summary>Adds a cluster.</summary>
    public ProxyConfigBuilder AddCluster(ClusterConfig cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        _clusters.Add(cluster);
        return this;
    }

    /// <summary>Adds a secret, which TLS contexts refer to by its name.</summary>
    public ProxyConfigBuilder AddSecret(SecretConfig secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        _secrets.Add(secret);
        return this;
    }

    /// <summary>The configuration.</summary>
    /// <exception cref="ArgumentException">Its parts do not fit together; the message has a line for each error.</exception>
    /// <exception cref="InvalidOperationException">The builder was used already.</exception>
    public ProxyConfig Build()
    {
        if (_built)
            throw new InvalidOperationException("A builder builds once.");
        _built = true;
        var config = new ProxyConfig { Node = _node, Admin = _admin, Listeners = ValueList.From(_listeners), Clusters = ValueList.From(_clusters), Secrets = ValueList.From(_secrets) };
        var errors = ProxyConfigValidator.Validate(config);
        return errors.Count == 0 ? config : throw new ArgumentException("The configuration is wrong:\n" + string.Join('\n', errors));
    }
}
