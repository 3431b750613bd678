using Envoy.AccessLog;
using Envoy.Buffers;

namespace Envoy.ConnectionManager.Streams;

/// <summary>How a request is served anew, because its upstream has redirected it and the route lets us follow.</summary>
internal sealed partial class HttpStream
{
    public void Recreate(ByteQueue body)
    {
        if (!Has(Flags.Active))
            return;
        (_replay ??= new ByteQueue(Worker)).Append(body);
        _flags |= Flags.Recreating;
        // Not from within the filters, which end with the exchange.
        Worker.Post(static state =>
        {
            var (stream, codec) = ((HttpStream, object))state!;
            if (stream.Has(Flags.Recreating) && ReferenceEquals(stream._codec, codec))
                stream.BeginAnew();
        }, (this, (object)_codec));
    }

    public bool NormalizeTarget()
    {
        _ = HostNormalization.Apply(RequestHeaders, _shared.Options, Connection, keepsPort: false);
        return PathNormalization.Apply(RequestHeaders, _shared.Options) == PathNormalization.Outcome.Continue;
    }

    private void BeginAnew()
    {
        StreamInfo.ResponseCodeDetails = "internal_redirect";
        EndExchange();
        Log(AccessLogType.DownstreamEnd);
        _chain.Release();
        Worker.Disarm(_durationTimer);
        _flags &= ~(Flags.Recreating | Flags.ChainStarted | Flags.RouteCached);
        var hasTrailers = !Redirects.DropsBody && RequestTrailers.Count > 0;
        if (Redirects.DropsBody)
            _replay!.Clear();
        // Who asks, and in which version, is as before.
        var protocol = StreamInfo.Protocol;
        var client = StreamInfo.DownstreamRemoteAddress;
        Begin(_manager!.Connection);
        StreamInfo.Protocol = protocol;
        StreamInfo.DownstreamRemoteAddress = client;
        CompleteRequest();
        if (!Enter())
            return;
        try
        {
            EnterFilters(_replay!.IsEmpty && !hasTrailers, upgrade: false);
            if (!_replay.IsEmpty && Has(Flags.Active) && !_chain.Request.IsEnded)
                _chain.Request.Data(_replay, !hasTrailers);
            if (hasTrailers && Has(Flags.Active) && !_chain.Request.IsEnded)
                _chain.Request.Trailers();
        }
        catch (Exception e) when (FilterFailed(e))
        {
        }

        Leave();
    }
}
