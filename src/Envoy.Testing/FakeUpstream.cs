using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Envoy.Net;
using Envoy.Runtime.Memory;

namespace Envoy.Testing;

/// <summary>
/// An HTTP/1.1 or plain TCP server that does what a test tells it, down to resets and half-written answers, and remembers what it was sent.
/// It listens when its constructor returns, on a port of the loopback address that the system chose or in memory, and shares nothing with
/// others of its kind. Without a script it answers every request with 200 and <c>ok</c>. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// await using var upstream = new FakeUpstream().AnswerNext(Answers.Reset(), Answers.Status(503)).Answer(Answers.Ok("third time lucky"));
/// await using var proxy = await TestProxy.ForwardTo(upstream);
/// using var client = proxy.CreateClient();
/// var response = await client.GetAsync("/");
/// </code>
/// </example>
public sealed class FakeUpstream : IAsyncDisposable
{
    private readonly Socket? _listener;
    private readonly MemoryListener? _memory;
    private readonly List<Socket> _fillers = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _scripts = new();
    private readonly Queue<UpstreamHandler> _next = new();
    private readonly List<(Func<ReceivedRequest, bool> When, UpstreamHandler Handler)> _rules = [];
    private readonly Queue<Func<FakeConnection, Task>> _nextConnections = new();
    private readonly Journal<FakeConnection> _connections = new("connection");
    private readonly Journal<FakeConnection> _ended = new("end of connection");
    private readonly Journal<ReceivedRequest> _started = new("request");
    private readonly Journal<ReceivedRequest> _received = new("complete request");
    private readonly ConcurrentDictionary<FakeConnection, Task> _serving = new();
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly Task _accepting = Task.CompletedTask;
    private Func<FakeConnection, Task>? _connectionScript;
    private volatile bool _expectsProxyHeader;
    private UpstreamHandler _default = Answers.Ok();
    private int _disposed;

    /// <summary>Listens on a free port of 127.0.0.1.</summary>
    public FakeUpstream()
        : this(NewSocket(), listen: true)
    {
    }

    /// <summary>Listens on a free port of 127.0.0.1, with TLS. A handshake that fails ends its connection, and nothing else.</summary>
    public FakeUpstream(SslServerAuthenticationOptions tls)
        : this(NewSocket(), listen: true, tls ?? throw new ArgumentNullException(nameof(tls)))
    {
    }

    /// <summary>Listens as <paramref name="name"/> in <paramref name="network"/>, which the proxy's options are given too.</summary>
    public FakeUpstream(MemoryNetwork network, string name)
    {
        ArgumentNullException.ThrowIfNull(network);
        _memory = network.Listen(name);
        EndPoint = _memory.EndPoint;
        Address = new MemoryAddressConfig(name);
        _accepting = AcceptAsync();
    }

    private FakeUpstream(Socket socket, bool listen = false, SslServerAuthenticationOptions? tls = null)
    {
        _tls = tls;
        _listener = socket;
        EndPoint = socket.LocalEndPoint!;
        Address = new SocketAddressConfig(((IPEndPoint)EndPoint).Address.ToString(), Port);
        if (!listen)
            return;
        socket.Listen(512);
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Where it listens, as configuration says it.</summary>
    public AddressConfig Address { get; }

    /// <summary>Its port; 0 in memory.</summary>
    public int Port => (EndPoint as IPEndPoint)?.Port ?? 0;

    /// <summary>The requests so far, in the order in which their headers arrived.</summary>
    public IReadOnlyList<ReceivedRequest> Requests => _started.ToList();

    /// <summary>The connections so far.</summary>
    public IReadOnlyList<FakeConnection> Connections => _connections.ToList();

    /// <summary>How many connections are open.</summary>
    public int OpenConnections => _connections.Count - _ended.Count;

    /// <summary>
    /// Several on one free port, as the hosts behind one name are. <c>127.0.0.2</c> and its like are this machine on Linux and Windows.
    /// </summary>
    /// <param name="ipAddresses">An IP literal each.</param>
    public static IReadOnlyList<FakeUpstream> OnOnePort(params IReadOnlyList<string> ipAddresses)
    {
        ArgumentNullException.ThrowIfNull(ipAddresses);
        for (var attempt = 1; ; attempt++)
        {
            var sockets = new List<Socket>();
            try
            {
                // The port is free at the first address: at the others, only nearly always.
                foreach (var address in ipAddresses)
                    sockets.Add(NewSocket(IPAddress.Parse(address), sockets.Count == 0 ? 0 : ((IPEndPoint)sockets[0].LocalEndPoint!).Port));
                return sockets.ConvertAll(s => new FakeUpstream(s, listen: true));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && attempt < 20)
            {
                sockets.ForEach(s => s.Dispose());
            }
        }
    }

    /// <summary>An address that refuses connections, and that nobody else gets as long as this object lives.</summary>
    public static FakeUpstream ThatRefuses() => new(NewSocket());

    /// <summary>
    /// A listener whose accept queue is full, so that the handshake of a connection is never completed. On Linux; other systems may
    /// refuse instead.
    /// </summary>
    public static FakeUpstream ThatNeverAccepts()
    {
        var upstream = new FakeUpstream(NewSocket());
        // A queue of length 0 takes one connection on Linux; this is it.
        upstream._listener!.Listen(0);
        var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        filler.Connect(upstream.EndPoint);
        upstream._fillers.Add(filler);
        return upstream;
    }

    /// <summary>What every request gets for which nothing else is said. Default: 200 with <c>ok</c>.</summary>
    public FakeUpstream Answer(UpstreamHandler handler)
    {
        lock (_scripts)
            _default = handler;
        return this;
    }

    /// <summary>What requests get that <paramref name="when"/> picks; the first such rule wins.</summary>
    public FakeUpstream Answer(Func<ReceivedRequest, bool> when, UpstreamHandler handler)
    {
        lock (_scripts)
            _rules.Add((when, handler));
        return this;
    }

    /// <summary>What the next requests get, one each, in the order of their arrival and before any rule.</summary>
    public FakeUpstream AnswerNext(params IEnumerable<UpstreamHandler> handlers)
    {
        ArgumentNullException.ThrowIfNull(handlers);
        lock (_scripts)
        {
            foreach (var handler in handlers)
                _next.Enqueue(handler);
        }

        return this;
    }

    /// <summary>Makes it a plain TCP server: <paramref name="script"/> has every connection to itself, and its end closes it.</summary>
    public FakeUpstream OnConnection(Func<FakeConnection, Task> script)
    {
        lock (_scripts)
            _connectionScript = script;
        return this;
    }

    /// <summary>Every connection begins with a PROXY protocol header, before TLS too: <see cref="FakeConnection.ProxyHeader"/>.</summary>
    public FakeUpstream ExpectProxyHeader()
    {
        _expectsProxyHeader = true;
        return this;
    }

    /// <summary>What the next connections do, one each; later ones do as <see cref="OnConnection"/> says or speak HTTP.</summary>
    public FakeUpstream OnNextConnection(params IEnumerable<Func<FakeConnection, Task>> scripts)
    {
        ArgumentNullException.ThrowIfNull(scripts);
        lock (_scripts)
        {
            foreach (var script in scripts)
                _nextConnections.Enqueue(script);
        }

        return this;
    }

    /// <summary>Waits for request <paramref name="number"/> (from 1) to arrive completely.</summary>
    /// <exception cref="TimeoutException">It did not within 30 s.</exception>
    public Task<ReceivedRequest> ReceivedAsync(int number = 1, CancellationToken cancellationToken = default) => _received.AtAsync(number, cancellationToken);

    /// <summary>Waits for the headers of request <paramref name="number"/> (from 1); its body may still be on its way.</summary>
    /// <exception cref="TimeoutException">They did not come within 30 s.</exception>
    public Task<ReceivedRequest> StartedAsync(int number = 1, CancellationToken cancellationToken = default) => _started.AtAsync(number, cancellationToken);

    /// <summary>Waits for connection <paramref name="number"/> (from 1).</summary>
    /// <exception cref="TimeoutException">It did not come within 30 s.</exception>
    public Task<FakeConnection> ConnectedAsync(int number = 1, CancellationToken cancellationToken = default) => _connections.AtAsync(number, cancellationToken);

    /// <summary>Waits until <paramref name="count"/> connections have ended; gives the last of them.</summary>
    /// <exception cref="TimeoutException">They did not within 30 s.</exception>
    public Task<FakeConnection> EndedAsync(int count = 1, CancellationToken cancellationToken = default) => _ended.AtAsync(count, cancellationToken);

    /// <summary>Resets every open connection; new ones are taken as before.</summary>
    public void ResetConnections()
    {
        foreach (var connection in _serving.Keys)
            connection.Reset();
    }

    /// <summary>Closes the listener, resets what is open and waits for the scripts to end. Idempotent.</summary>
    /// <exception cref="TimeoutException">A script that waits for something else did not end within 30 s.</exception>
    [SuppressMessage("Design", "CA1031", Justification = "A script's failure has been told to those who waited.")]
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener?.Dispose();
        _memory?.Dispose();
        foreach (var filler in _fillers)
            filler.Dispose();
        ResetConnections();
        try
        {
            await _accepting.ConfigureAwait(false);
            // One that was accepted meanwhile.
            ResetConnections();
            await Patience.AwaitAsync(Task.WhenAll(_serving.Values), static () => "the fake upstream's scripts to end", default).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not TimeoutException)
        {
        }

        _stop.Dispose();
    }

    private static Socket NewSocket() => NewSocket(IPAddress.Loopback, 0);

    private static Socket NewSocket(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var link = _memory is not null
                    ? new WireLink(await _memory.AcceptAsync(_stop.Token).ConfigureAwait(false))
                    : new WireLink(await _listener!.AcceptAsync(_stop.Token).ConfigureAwait(false));
                var connection = new FakeConnection(_connections.Count + 1, link, _stop.Token);
                // Entered before it runs, so that no end of it comes first.
                var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _serving[connection] = RunAsync(connection, started.Task);
                _connections.Add(connection);
                started.SetResult();
            }
        }
        catch (Exception e) when (WireLink.IsEnd(e) || e is OperationCanceledException)
        {
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A script's failure is told to the test, which waits for something.")]
    private async Task RunAsync(FakeConnection connection, Task started)
    {
        await started.ConfigureAwait(false);
        try
        {
            if (_expectsProxyHeader)
                await connection.ReadProxyHeaderAsync().ConfigureAwait(false);
            if (_tls is { } tls)
                await connection.SecureAsync(tls).ConfigureAwait(false);
            await (TakeConnectionScript() is { } script ? script(connection) : ServeAsync(connection)).ConfigureAwait(false);
            connection.Close();
        }
        catch (Exception e) when (WireLink.IsEnd(e) || e is OperationCanceledException or AuthenticationException)
        {
            connection.Close();
        }
        catch (Exception e)
        {
            connection.Reset();
            foreach (var journal in new[] { _started, _received })
                journal.Fail(e);
            foreach (var journal in new[] { _connections, _ended })
                journal.Fail(e);
        }

        _serving.TryRemove(connection, out _);
        _ended.Add(connection);
    }

    private async Task ServeAsync(FakeConnection connection)
    {
        while (true)
        {
            var head = await connection.WatchAsync(connection.Reader.ReadHeadAsync(_stop.Token)).ConfigureAwait(false);
            if (head is null)
            {
                connection.SetEnd(ConnectionEnd.ByPeer);
                return;
            }

            ReceivedRequest request;
            UpstreamHandler handler;
            FakeExchange exchange;
            lock (_scripts)
            {
                request = new ReceivedRequest(_started.Count + 1, connection.Number, head);
                _started.Add(request);
                handler = TakeHandler(request);
                exchange = new FakeExchange(request, connection, _received.Add);
            }

            if (request.Headers["transfer-encoding"] is null && request.Headers["content-length"] is null or "0")
                await exchange.ReadBodyAsync().ConfigureAwait(false);
            await handler(exchange).ConfigureAwait(false);
            if (connection.End != ConnectionEnd.Open || exchange.EndsConnection)
                return;
            await exchange.ReadBodyAsync().ConfigureAwait(false);
            if (request.Headers["connection"] is "close")
                return;
        }
    }

    private UpstreamHandler TakeHandler(ReceivedRequest request)
    {
        if (_next.TryDequeue(out var next))
            return next;
        foreach (var (when, handler) in _rules)
        {
            if (when(request))
                return handler;
        }

        return _default;
    }

    private Func<FakeConnection, Task>? TakeConnectionScript()
    {
        lock (_scripts)
            return _nextConnections.TryDequeue(out var next) ? next : _connectionScript;
    }
}
