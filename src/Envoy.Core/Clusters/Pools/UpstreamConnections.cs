using Envoy.Net;
using Envoy.Runtime;

namespace Envoy.Clusters.Pools;

/// <summary>Every upstream connection of a worker, whoever uses it, so that all can be ended with the worker. Worker-owned.</summary>
internal sealed class UpstreamConnections
{
    private UpstreamConnectionAccount? _first;

    private UpstreamConnections()
    {
    }

    public int Count { get; private set; }

    public static UpstreamConnections Of(Worker worker) => worker.Local(static _ => new UpstreamConnections());

    public void Add(UpstreamConnectionAccount account)
    {
        account.Next = _first;
        if (_first is not null)
            _first.Previous = account;
        _first = account;
        Count++;
    }

    public void Remove(UpstreamConnectionAccount account)
    {
        if (account.Previous is { } previous)
            previous.Next = account.Next;
        else
            _first = account.Next;
        if (account.Next is { } next)
            next.Previous = account.Previous;
        account.Previous = account.Next = null;
        Count--;
    }

    /// <summary>Closes them all at once. No cluster may make new ones any more.</summary>
    public void CloseAll()
    {
        while (_first is { } account)
            account.Connection.Close(ConnectionCloseType.NoFlush);
    }
}
