using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Http.Streams;
using Envoy.Routing;

namespace Envoy.ConnectionManager.Streams;

/// <summary>How a client changes to another protocol: WebSocket, most often (RFC 9110 section 7.8).</summary>
internal sealed partial class HttpStream
{
    /// <summary>
    /// From here on the client's bytes are no HTTP, whatever becomes of its wish. They wait until the upstream agrees: one that does not could
    /// take them for a request of its own. Returns whether the request has ended: it has not.
    /// </summary>
    private bool BeginTunnel()
    {
        _flags |= Flags.Upgrading;
        _codec.BecomeTunnel();
        if ((_codec.Traits & RequestTraits.Http2) != 0 && WebSocketHandshake.AddKey(RequestHeaders, Worker.Random))
            _flags |= Flags.OwnWebSocketKey;
        return false;
    }

    /// <summary>Whether the route, or else the connection manager, lets the client change to what it asks for.</summary>
    private bool TryUpgrade()
    {
        if (!Has(Flags.Upgrading))
            return false;
        var type = RequestHeaders.Get(HeaderId.Upgrade);
        if (Match.Route?.Action is ForwardAction forward && forward.AllowsUpgrade(type) is { } ofRoute)
            return ofRoute;
        return _shared.Snapshot.AllowsUpgrade(type);
    }

    /// <summary>The upstream has agreed: both sides are joined until one ends.</summary>
    private void Switch(bool endStream)
    {
        _flags |= Flags.Switched;
        _shared.Stats.DownstreamCxUpgradesTotal.Inc();
        _shared.Stats.DownstreamCxUpgradesActive.Inc();
        if (Has(Flags.OwnWebSocketKey))
            WebSocketHandshake.RemoveAccept(ResponseHeaders);
        else if ((_codec.Traits & RequestTraits.Http2) == 0)
            WebSocketHandshake.AddAccept(RequestHeaders, ResponseHeaders);
        ChargeResponse();
        StreamInfo.Times.FirstDownstreamTx = StreamInfo.Moment(Worker.Now);
        _codec.SendHeaders(ResponseHeaders, endStream);
        if (!Has(Flags.Active))
            return;
        if (endStream)
            CompleteResponse();
        else
            _codec.OpenTunnel();
    }
}
