using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;
using Envoy.Listeners.Filters;
using Envoy.Listeners.Matching;
using Envoy.Net;
using Envoy.Runtime;

namespace Envoy.Listeners;

/// <summary>
/// One worker's part of a listener: takes accepted connections, shows each to the listener filters, chooses its filter chain, and keeps those that
/// live. Worker-owned.
/// </summary>
internal sealed class WorkerListener : IConnectionObserver
{
    private readonly Worker _worker;
    private readonly ListenerSnapshot _snapshot;
    private readonly ListenerStats _stats;
    private readonly ListenerDirectory _directory;
    private readonly WorkerFilterChain[] _chains;
    private readonly IListenerFilterFactory[] _filters;
    private readonly HashSet<PendingConnection> _pending = [];
    private NetworkFilterChain? _first;
    private bool _closed;
    private bool _draining;
    private TaskCompletionSource? _empty;

    public WorkerListener(ListenerSnapshot snapshot, ListenerStats stats, ListenerDirectory directory, FilterWorkerContext context)
    {
        _worker = context.Worker;
        _snapshot = snapshot;
        _stats = stats;
        _directory = directory;
        _chains = [.. snapshot.Chains.Select(c => new WorkerFilterChain(c, context))];
        _filters = [.. snapshot.ListenerFilters.Select(f => f.CreateFactory(context))];
    }

    public ListenerConfig Config => _snapshot.Config;

    public int ActiveConnections { get; private set; }

    private bool IsEmpty => ActiveConnections == 0 && _pending.Count == 0;

    /// <summary>Takes over <paramref name="socket"/>; called on this worker.</summary>
    public void Take(AcceptedSocket socket)
    {
        _worker.AssertOwned();
        if (_closed)
            socket.Dispose();
        else
            Inspect(Connection.Accepted(_worker, socket, NoHandler.Instance, Config.PerConnectionBufferLimitBytes), handsOff: Config.UseOriginalDst);
    }

    /// <summary>The filter after those that <paramref name="next"/> counts, which it is added to; null after the last.</summary>
    public IListenerFilter? NextFilter(Connection connection, ref int next)
    {
        while (next < _filters.Length)
        {
            var index = next++;
            if (Config.ListenerFilters[index].Disabled is not { } disabled || !disabled.Matches(connection.LocalAddress))
                return _filters[index].Create();
        }

        return null;
    }

    /// <summary>The client went before its connection had a filter chain.</summary>
    public void OnPendingLost(bool byReset) => (byReset ? _stats.DownstreamListenerFilterError : _stats.DownstreamListenerFilterRemoteClose).Inc();

    public void OnPendingTimeout() => _stats.DownstreamPreCxTimeout.Inc();

    public void OnPendingEnded(PendingConnection pending)
    {
        Forget(pending);
        TellIfEmpty();
    }

    public void OnPendingDone(PendingConnection pending)
    {
        Forget(pending);
        Choose(pending.Connection, handsOff: Config.UseOriginalDst && !pending.CameFromAnother);
        TellIfEmpty();
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
        TellIfEmpty();
    }

    /// <summary>Completes when no connection is left, at once if there is none.</summary>
    public Task WhenEmpty()
    {
        if (IsEmpty)
            return Task.CompletedTask;
        return (_empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    /// <summary>Asks the filters of every connection to end it politely.</summary>
    public void Drain()
    {
        _draining = true;
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
        foreach (var pending in _pending.ToArray())
            pending.Close();
        while (_first is { } chain)
            chain.Connection.Close(ConnectionCloseType.NoFlush);
    }

    public void OnAcceptFailed(SocketError error) => ListenerLog.AcceptFailed(_worker.Logger, Config.Name, error);

    private void Inspect(Connection connection, bool handsOff)
    {
        if (_filters.Length == 0)
        {
            Choose(connection, handsOff);
            return;
        }

        var pending = new PendingConnection(this, connection) { CameFromAnother = !handsOff };
        _pending.Add(pending);
        _stats.DownstreamPreCxActive.Inc();
        connection.HandOver(pending, Config.PerConnectionBufferLimitBytes);
        pending.Start();
    }

    private void Forget(PendingConnection pending)
    {
        _pending.Remove(pending);
        _stats.DownstreamPreCxActive.Dec();
    }

    private void TellIfEmpty()
    {
        if (IsEmpty)
            _empty?.TrySetResult();
    }

    /// <summary>The filters are done: to the listener that the client meant, or to the filter chain that matches.</summary>
    private void Choose(Connection connection, bool handsOff)
    {
        if (handsOff && connection.Details?.LocalAddress is { } wanted && _directory.Find(wanted, _worker) is { } other && !ReferenceEquals(other, this))
        {
            other.TakeOver(connection);
            return;
        }

        var index = _snapshot.Matcher.Find(ConnectionFacts.Of(connection));
        if (index >= 0)
        {
            Begin(connection, _chains[index]);
            return;
        }

        _stats.NoFilterChainMatch.Inc();
        connection.HandOver(NoHandler.Instance, Config.PerConnectionBufferLimitBytes);
        connection.Close(ConnectionCloseType.NoFlush);
    }

    /// <summary>Another listener's connection that was meant for this one's address.</summary>
    private void TakeOver(Connection connection)
    {
        if (_closed)
        {
            connection.HandOver(NoHandler.Instance, Config.PerConnectionBufferLimitBytes);
            connection.Close(ConnectionCloseType.NoFlush);
            return;
        }

        Inspect(connection, handsOff: false);
    }

    [SuppressMessage("Design", "CA1031", Justification = "A filter that cannot be made ends its connection, never the worker's loop.")]
    private void Begin(Connection connection, WorkerFilterChain chosen)
    {
        _stats.DownstreamCxTotal.Inc();
        _stats.DownstreamCxActive.Inc();
        _stats.WorkerDownstreamCxTotal.Inc();
        _stats.WorkerDownstreamCxActive.Inc();
        ActiveConnections++;
        var chain = new NetworkFilterChain(this, connection) { Next = _first };
        if (_first is not null)
            _first.Previous = chain;
        _first = chain;
        connection.HandOver(chain, Config.PerConnectionBufferLimitBytes);
        if (chosen.Config.Name.Length > 0)
            connection.FilterChainName = chosen.Config.Name;
        try
        {
            if (chosen.Socket is { } transportSocket)
                chain.Secure(transportSocket, chosen.Config.TransportSocketConnectTimeout);
            chain.Start(chosen.Filters);
            if (_draining)
                chain.OnDrain();
        }
        catch (Exception e)
        {
            NetLog.HandlerFailed(_worker.Logger, e);
            connection.Close(ConnectionCloseType.NoFlush);
        }

        // Without filters there is nobody to serve it (Envoy closes it too).
        if (chosen.Filters.Length == 0)
            connection.Close(ConnectionCloseType.NoFlush);
        connection.ResumeReading();
    }
}
