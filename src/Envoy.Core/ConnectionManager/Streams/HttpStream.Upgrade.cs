using Envoy.Formatting;
using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Http.Streams;
using Envoy.Routing;

namespace Envoy.ConnectionManager.Streams;

/// <summary>
/// How a client changes to another protocol, WebSocket most often (RFC 9110 section 7.8), or gets a tunnel with CONNECT (section 9.3.6). What a
/// client sends behind CONNECT before it is granted goes through the filters, and waits where the request goes upstream.
/// </summary>
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
        var type = Has(Flags.Connect) ? "CONNECT"u8 : RequestHeaders.Get(HeaderId.Upgrade);
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
        if (Has(Flags.Connect))
            WithoutLength(ResponseHeaders);
        else if (Has(Flags.OwnWebSocketKey))
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
        else if (!Has(Flags.Connect))
            _codec.OpenTunnel();
    }

    /// <summary>Whether a response joins both sides: 101, or any 2xx to CONNECT (RFC 9110 section 9.3.6).</summary>
    private bool IsGrant(ReadOnlySpan<byte> status) => Has(Flags.Connect) ? status is [(byte)'2', _, _] : status.SequenceEqual("101"u8);

    /// <summary>A tunnel whose other connection failed ends with a word of its own (RFC 9113 section 8.5).</summary>
    private StreamResetReason ResetReason(RequestTraits traits)
    {
        const ResponseFlags Failed = ResponseFlags.UpstreamConnectionFailure | ResponseFlags.UpstreamConnectionTermination;
        return (traits & (RequestTraits.Connect | RequestTraits.RequestsUpgrade)) != 0 && (StreamInfo.ResponseFlags & Failed) != 0
            ? StreamResetReason.ConnectError
            : StreamResetReason.LocalReset;
    }

    // What follows is no body of any length (RFC 9110 section 9.3.6).
    private static void WithoutLength(HeaderMap headers)
    {
        headers.Remove(HeaderId.ContentLength);
        headers.Remove(HeaderId.TransferEncoding);
    }
}
