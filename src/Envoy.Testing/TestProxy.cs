using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Envoy.Config;
using Envoy.Net;
using Envoy.Proxy;
using Envoy.Runtime.Memory;

namespace Envoy.Testing;

/// <summary>
/// A proxy inside a test: on a free port, with a clock that the test moves, look-ups that the test answers, and its access log and
/// statistics at hand. It serves when the starting call returns, and is gone when it is disposed. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// await using var upstream = new FakeUpstream().Answer(Answers.Reset());
/// await using var proxy = await TestProxy.ForwardTo(upstream);
/// using var client = proxy.CreateClient();
/// Assert.That((int)(await client.GetAsync("/")).StatusCode, Is.EqualTo(503));
/// </code>
/// </example>
public sealed class TestProxy : IAsyncDisposable
{
    /// <summary>The listener that <see cref="ForwardTo"/> makes.</summary>
    public const string ListenerName = "listener";

    /// <summary>The statistics prefix of the connection manager that <see cref="ForwardTo"/> makes: <c>http.ingress.</c>.</summary>
    public const string StatPrefix = "ingress";

    /// <summary>The cluster that <see cref="ForwardTo"/> makes.</summary>
    public const string ClusterName = "upstream";

    private readonly ManualClock? _clock;

    private TestProxy(EnvoyProxy proxy, TestProxyOptions options, MemoryNetwork memory, ManualClock? clock, FakeDnsResolver resolver, RecordingAccessLog log)
    {
        Proxy = proxy;
        Options = options;
        MemoryNetwork = memory;
        _clock = clock;
        Resolver = resolver;
        AccessLog = log;
    }

    /// <summary>The proxy.</summary>
    public EnvoyProxy Proxy { get; }

    /// <summary>What it was started with.</summary>
    public TestProxyOptions Options { get; }

    /// <summary>What it has counted.</summary>
    public ProxyStatistics Statistics => Proxy.Statistics;

    /// <summary>A record of every finished HTTP exchange and TCP session.</summary>
    public RecordingAccessLog AccessLog { get; }

    /// <summary>Who answers its look-ups.</summary>
    public FakeDnsResolver Resolver { get; }

    /// <summary>Where its in-memory addresses live.</summary>
    public MemoryNetwork MemoryNetwork { get; }

    /// <summary>Its clock.</summary>
    /// <exception cref="InvalidOperationException">The options gave it a clock of another kind.</exception>
    public ManualClock Clock => _clock ?? throw new InvalidOperationException("This proxy was given a clock that is no ManualClock.");

    /// <summary>Where the first listener listens.</summary>
    public EndPoint Address => Proxy.GetListenerAddress(Proxy.ListenerNames[0]) ?? throw new InvalidOperationException("The first listener opens no socket.");

    /// <summary>The first listener's port; 0 in memory.</summary>
    public int Port => (Address as IPEndPoint)?.Port ?? 0;

    /// <summary><c>http://</c> and the first listener's address.</summary>
    public Uri BaseUri => new(Address is IPEndPoint ip ? $"http://{ip}/" : "http://proxy.test/");

    /// <summary>A proxy that forwards every HTTP request to <paramref name="upstream"/>.</summary>
    public static Task<TestProxy> ForwardTo(FakeUpstream upstream, TestProxyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(upstream);
        options ??= new TestProxyOptions();
        return StartAsync(TestConfig.Forward(upstream, options), options);
    }

    /// <summary>
    /// A proxy of Envoy's own configuration. Its listeners are on free ports of 127.0.0.1 whatever it says, unless
    /// <see cref="TestProxyOptions.MapListener"/> says where; <see cref="TestProxyOptions.MapEndpoint(string, FakeUpstream)"/> says which upstreams are fake.
    /// </summary>
    /// <exception cref="ConfigException">The configuration is wrong; the message shows every error.</exception>
    public static Task<TestProxy> FromYaml(string yaml, TestProxyOptions? options = null) => StartAsync(EnvoyConfigLoader.Parse(yaml).OrThrow(), options);

    /// <summary>As <see cref="FromYaml"/>, from a file.</summary>
    /// <exception cref="ConfigException">The configuration is wrong; the message shows every error.</exception>
    public static Task<TestProxy> FromFile(string path, TestProxyOptions? options = null) => StartAsync(EnvoyConfigLoader.LoadFile(path).OrThrow(), options);

    /// <summary>As <see cref="FromYaml"/>, from a configuration made in code.</summary>
    public static async Task<TestProxy> StartAsync(ProxyConfig config, TestProxyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        options ??= new TestProxyOptions();
        var log = new RecordingAccessLog();
        var memory = options.MemoryNetwork ?? new MemoryNetwork();
        var time = options.TimeProvider ?? new ManualClock();
        var resolver = options.Resolver ?? new FakeDnsResolver();
        var proxy = await EnvoyProxy.StartAsync(TestConfig.Adapt(config, options, log), new EnvoyProxyOptions
        {
            Engine = options.Engine,
            Concurrency = options.Concurrency,
            TimeProvider = time,
            DnsResolver = resolver,
            MemoryNetwork = memory,
            RandomSeed = options.RandomSeed,
            LoggerFactory = options.LoggerFactory,
        }).ConfigureAwait(false);
        return new TestProxy(proxy, options, memory, time as ManualClock, resolver, log);
    }

    /// <summary>A client of the first listener that shows what the proxy answers: no redirects followed, no cookies, no system proxy.</summary>
    public HttpClient CreateClient()
    {
        var address = Address;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
        };
        if (address is MemoryEndPoint memory)
            handler.ConnectCallback = async (_, cancellationToken) => (await MemoryNetwork.ConnectAsync(memory.Name, cancellationToken).ConfigureAwait(false)).Stream;
        else if (address is UnixDomainSocketEndPoint)
            handler.ConnectCallback = (_, cancellationToken) => ConnectUnix(address, cancellationToken);
        return new HttpClient(handler) { BaseAddress = BaseUri };
    }

    /// <summary>A connection to the first listener, for bytes.</summary>
    /// <param name="receiveBufferSize">The system's receive buffer in bytes; 0 (default): the system's choice.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<RawClient> ConnectAsync(int receiveBufferSize = 0, CancellationToken cancellationToken = default) => Address is MemoryEndPoint memory
        ? RawClient.ConnectAsync(MemoryNetwork, memory.Name, cancellationToken)
        : RawClient.ConnectAsync(Address, receiveBufferSize, cancellationToken);

    /// <summary>A connection to the first listener with TLS, for bytes.</summary>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The handshake has failed; so may an <see cref="IOException"/> say.</exception>
    public Task<RawClient> ConnectAsync(SslClientAuthenticationOptions tls, CancellationToken cancellationToken = default) =>
        RawClient.ConnectAsync(Address, tls, cancellationToken);

    /// <summary>
    /// Moves the clock, and waits until the proxy has done what fell due. What a test wants to time out must have begun before: wait for the
    /// request at the upstream, or for a statistic.
    /// </summary>
    public async Task AdvanceAsync(TimeSpan by, CancellationToken cancellationToken = default)
    {
        await TurnAsync(cancellationToken).ConfigureAwait(false);
        Clock.Advance(by);
        await TurnAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until a counter or gauge is at least <paramref name="value"/>, looking at it after every turn of the workers' loops.</summary>
    /// <exception cref="TimeoutException">It was not within 30 s.</exception>
    public Task WaitForAsync(string statistic, long value = 1, CancellationToken cancellationToken = default) =>
        WaitForAsync(statistic, v => v >= value, cancellationToken);

    /// <summary>Waits until a counter's or gauge's value is right, looking at it after every turn of the workers' loops.</summary>
    /// <exception cref="TimeoutException">It was not within 30 s.</exception>
    public async Task WaitForAsync(string statistic, Func<long, bool> isRight, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(isRight);
        using var patience = Patience.Begin(cancellationToken);
        while (!isRight(Statistics[statistic]))
        {
            if (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
                throw new TimeoutException($"Waited in vain for {statistic}, which is {Statistics[statistic]}.");
            await TurnAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until every loop of the proxy has done what was known to it when this was called.</summary>
    public async Task TurnAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // What one turn resumes or posts is done in the next.
        for (var i = 0; i < 2; i++)
        {
            foreach (var worker in Proxy.Runtime.Workers.Append(Proxy.Runtime.Main))
                await worker.InvokeAsync(static () => { }).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stops the proxy.</summary>
    /// <exception cref="TimeoutException">It did not stop within 30 s.</exception>
    public async ValueTask DisposeAsync() => await Patience.AwaitAsync(Proxy.DisposeAsync().AsTask(), static () => "the proxy to stop", default).ConfigureAwait(false);

    private static async ValueTask<Stream> ConnectUnix(EndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
