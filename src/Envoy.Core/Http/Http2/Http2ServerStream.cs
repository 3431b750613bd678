using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Streams;

namespace Envoy.Http.Http2;

/// <summary>A client's request and the response to it. Worker-owned.</summary>
internal sealed class Http2ServerStream(Http2Connection connection) : Http2Stream(connection), IServerStream
{
    private IServerStreamHandler? _handler;

    /// <summary>Who takes the request.</summary>
    public IServerStreamHandler Handler
    {
        get => _handler!;
        set => _handler = value;
    }

    public RequestTraits Traits { get; private set; }

    internal override HeaderMap? TrailersMap => IsDetached ? null : _handler?.RequestTrailers;

    public void BecomeTunnel() => ReadDisable(true);

    public void OpenTunnel() => ReadDisable(false);

    public void SendInformational(HeaderMap headers)
    {
        if (IsOpen && !LocalEnded)
            Connection.SendHeaders(this, Connection.Writer.WriteResponse(headers, headers.Get(HeaderId.Status)), endStream: false);
    }

    public void SendHeaders(HeaderMap headers, bool endStream)
    {
        if (!IsOpen || LocalEnded)
            return;
        HasResponded = true;
        var status = headers.Get(HeaderId.Status);
        // Over HTTP/2 a tunnel is granted with 200 (RFC 8441 section 5); another 2xx would look like it.
        if ((Traits & RequestTraits.RequestsUpgrade) != 0)
            status = status.SequenceEqual("101"u8) ? "200"u8 : status[0] == (byte)'2' ? "502"u8 : status;
        Connection.SendHeaders(this, Connection.Writer.WriteResponse(headers, status), endStream);
    }

    public void Reset(StreamResetReason reason)
    {
        _handler = null;
        IsDetached = true;
        if (IsOpen)
            Connection.ResetStream(this, CodeOf(reason));
    }

    public void Finish(bool closeConnection)
    {
        // The response may still have to wait for its window; the connection sees to the rest.
        _handler = null;
        IsDetached = true;
        if (IsOpen && LocalEnded)
            Connection.FinishStream(this);
        else if (IsOpen)
            Connection.OnFlushPending();
        else
            Connection.Release(this);
    }

    /// <summary>The request's headers are in the handler's map.</summary>
    internal void OnHeaders(bool endStream)
    {
        HasHeaders = true;
        var headers = _handler!.RequestHeaders;
        Traits = RequestTraits.Http2;
        if (headers.TryGet(HeaderId.Protocol, out var protocol))
        {
            // For everybody behind the codec it is the upgrade that it would be over HTTP/1.
            headers.SetUnchecked(HeaderId.Method, "GET"u8);
            headers.SetUnchecked(HeaderId.Upgrade, protocol);
            headers.SetUnchecked(HeaderId.Connection, "upgrade"u8);
            headers.Remove(HeaderId.Protocol);
            Traits |= RequestTraits.RequestsUpgrade;
        }
        else if (headers.Get(HeaderId.Method).SequenceEqual("CONNECT"u8))
        {
            Traits |= RequestTraits.Connect;
        }

        Traits |= !endStream && headers.TryGet(HeaderId.Expect, out var expect) && AsciiBytes.EqualsIgnoreCase(expect, "100-continue"u8) ? RequestTraits.ExpectsContinue : 0;
        _handler!.OnRequestHeaders(endStream);
    }

    internal override void OnReset(StreamResetReason reason, string details)
    {
        var handler = _handler;
        _handler = null;
        IsDetached = true;
        handler?.OnReset(reason, details);
    }

    // The rest of a request whose answer is complete is not waited for (section 8.1).
    internal override void OnSent()
    {
        if (IsDetached)
            Connection.FinishStream(this);
    }

    private static Http2ErrorCode CodeOf(StreamResetReason reason) => reason switch
    {
        StreamResetReason.ProtocolError => Http2ErrorCode.ProtocolError,
        StreamResetReason.ConnectError => Http2ErrorCode.ConnectError,
        _ => Http2ErrorCode.InternalError,
    };

    protected override void Deliver(ByteQueue data, bool endStream) => _handler?.OnRequestData(data, endStream);

    protected override void DeliverTrailers() => _handler?.OnRequestTrailers();

    protected override void OnHigh() => _handler?.OnAboveWriteHighWatermark();

    protected override void OnLow() => _handler?.OnBelowWriteLowWatermark();
}
