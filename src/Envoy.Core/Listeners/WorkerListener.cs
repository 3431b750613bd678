using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Envoy.FilterChains.Network;
using Envoy.Net;
using Envoy.Runtime;

namespace Envoy.Listeners;

/// <summary>One worker's part of a listener: takes accepted connections, gives each its filters, and keeps those that live. Worker-owned.</summary>
internal sealed class WorkerListener : IConnectionObserver
{
    private readonly Worker _worker;
    private readonly ListenerConfig _config;
    private readonly ListenerStats _stats;
    private readonly WorkerFilterChain _chain;
    private NetworkFilterChain? _first;
    private bool _closed;
    private TaskCompletionSource? _empty;

    public WorkerListener(Worker worker, ListenerConfig config, ListenerStats stats, WorkerFilterChain chain)
    {
        _worker = worker;
        _config = config;
        _stats = stats;
        _chain = chain;
    }

    public int ActiveConnections { get; private set; }

    /// <summary>Takes over <paramref name="socket"/>; called on this worker.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "A filter that cannot be made ends its connection, never the worker's loop.")]
    public void Take(AcceptedSocket socket)
    {
        _worker.AssertOwned();
        if (_closed)
        {
            socket.Dispose();
            return;
        }

        _stats.DownstreamCxTotal.Inc();
        _stats.DownstreamCxActive.Inc();
        _stats.WorkerDownstreamCxTotal.Inc();
        _stats.WorkerDownstreamCxActive.Inc();
        ActiveConnections++;
        var chain = new NetworkFilterChain(this) { Next = _first };
        if (_first is not null)
            _first.Previous = chain;
        _first = chain;
        var connection = Connection.Accepted(_worker, socket, chain, _config.PerConnectionBufferLimitBytes);
        try
        {
            if (_chain.Socket is { } transportSocket)
                chain.Secure(connection, transportSocket, _chain.Config.TransportSocketConnectTimeout);
            chain.Start(connection, _chain.Filters);
        }
        catch (Exception e)
        {
            NetLog.HandlerFailed(_worker.Logger, e);
            connection.Close(ConnectionCloseType.NoFlush);
        }

        // Without filters there is nobody to serve it (Envoy closes it too).
        if (_chain.Filters.Length == 0)
            connection.Close(ConnectionCloseType.NoFlush);
    }

    public void OnSecureTimeout() => _stats.DownstreamCxTransportSocketConnectTimeout.Inc();

    public void OnClosed(NetworkFilterChain chain)
    {
        if (chain.Previous is { } previous)
            previous.Next = chain.Next;
        else
            _first = chain.Next;
        if (chain.Next is { } next)
            next.Previous = chain.Previous;
        chain.Previous = chain.Next = null;
        ActiveConnections--;
        _stats.DownstreamCxDestroy.Inc();
        _stats.DownstreamCxActive.Dec();
        _stats.WorkerDownstreamCxActive.Dec();
        _stats.DownstreamCxLengthMs.Record(_worker.Now - chain.Connection.CreatedAt);
        if (ActiveConnections == 0)
            _empty?.TrySetResult();
    }

    /// <summary>Completes when no connection is left, at once if there is none.</summary>
    public Task WhenEmpty()
    {
        if (ActiveConnections == 0)
            return Task.CompletedTask;
        return (_empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    /// <summary>Asks the filters of every connection to end it politely.</summary>
    public void Drain()
    {
        // A copy: a connection that ends takes itself out of the list, and may end a neighbour with it.
        var chains = new List<NetworkFilterChain>(ActiveConnections);
        for (var chain = _first; chain is not null; chain = chain.Next)
            chains.Add(chain);
        foreach (var chain in chains)
            chain.OnDrain();
    }

    /// <summary>Takes no more connections and closes those that live.</summary>
    public void Close()
    {
        _worker.AssertOwned();
        _closed = true;
        while (_first is { } chain)
            chain.Connection.Close(ConnectionCloseType.NoFlush);
    }

    public void OnAcceptFailed(SocketError error) => ListenerLog.AcceptFailed(_worker.Logger, _config.Name, error);
}
