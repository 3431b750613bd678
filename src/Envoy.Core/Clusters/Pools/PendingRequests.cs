using Envoy.Http.Streams;

namespace Envoy.Clusters.Pools;

/// <summary>Requests that wait in a pool for a connection, first come, first served; each counts against the cluster's limit. Worker-owned.</summary>
internal sealed class PendingRequests(IHttpPool pool, Cluster cluster, ClusterLimits limits)
{
    private StreamRequest? _last;

    /// <summary>The one that has waited longest.</summary>
    public StreamRequest? First { get; private set; }

    public int Count { get; private set; }

    /// <summary>Takes a request in; false, which its requester has been told, when as many wait as may.</summary>
    public bool TryAdd(StreamRequest request)
    {
        if (!limits.PendingRequests.CanCreate)
        {
            cluster.Stats.UpstreamRqPendingOverflow.Inc();
            request.Requester.OnStreamFailed(StreamResetReason.Overflow, "");
            return false;
        }

        Link(request);
        limits.PendingRequests.Inc();
        cluster.Stats.UpstreamRqPendingTotal.Inc();
        cluster.Stats.UpstreamRqPendingActive.Inc();
        return true;
    }

    public void Remove(StreamRequest request)
    {
        Unlink(request);
        limits.PendingRequests.Dec();
        cluster.Stats.UpstreamRqPendingActive.Dec();
    }

    private void Link(StreamRequest request)
    {
        request.Pool = pool;
        request.Previous = _last;
        request.Next = null;
        if (_last is null)
            First = request;
        else
            _last.Next = request;
        _last = request;
        Count++;
    }

    private void Unlink(StreamRequest request)
    {
        if (request.Previous is { } previous)
            previous.Next = request.Next;
        else
            First = request.Next;
        if (request.Next is { } next)
            next.Previous = request.Previous;
        else
            _last = request.Previous;
        request.Previous = request.Next = null;
        request.Pool = null;
        Count--;
    }

    /// <summary>Moves all to another pool's queue; they still wait, and count as before.</summary>
    public void MoveTo(PendingRequests other)
    {
        while (First is { } request)
        {
            Unlink(request);
            other.Link(request);
        }
    }

    /// <summary>No connection could be made (Envoy's rule: a host that refuses one refuses all that wait).</summary>
    public void FailAll(bool timedOut, string why)
    {
        var reason = timedOut ? StreamResetReason.ConnectionTimeout : StreamResetReason.RemoteConnectionFailure;
        var details = timedOut ? "" : why;
        // Those that wait now; who asks again from within the call waits for a connection of its own.
        for (var left = Count; left > 0 && First is { } request; left--)
        {
            Remove(request);
            cluster.Stats.UpstreamRqPendingFailureEject.Inc();
            request.Requester.OnStreamFailed(reason, details);
        }
    }
}
