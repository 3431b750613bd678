using Envoy.Clusters.Hosts;
using Envoy.Http.Streams;
using Envoy.Net;

namespace Envoy.Clusters.Pools;

/// <summary>Who asks a pool for a stream. Worker-owned.</summary>
internal interface IStreamRequester
{
    /// <summary>Who takes the response.</summary>
    IClientStreamHandler ResponseHandler { get; }

    /// <summary>A connection is there: <paramref name="stream"/> takes the request. May come from within the asking call.</summary>
    void OnStreamReady(IClientStream stream, Host host, Connection connection);

    /// <summary>There will be no stream. May come from within the asking call.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="details">The transport's word for it; may be empty.</param>
    void OnStreamFailed(StreamResetReason reason, string details);
}

/// <summary>A place in a pool's queue; lives inside its requester, so that waiting costs no object. Worker-owned.</summary>
internal sealed class StreamRequest(IStreamRequester requester)
{
    internal StreamRequest? Previous;
    internal StreamRequest? Next;
    internal IHttpPool? Pool;

    public IStreamRequester Requester { get; } = requester;

    /// <summary>Leaves the queue, if it is in one.</summary>
    public void Cancel() => Pool?.Cancel(this);
}
