using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Streams;

namespace Envoy.Http.Http2;

/// <summary>A request to an upstream and the response to it. Worker-owned.</summary>
internal sealed class Http2ClientStream(Http2Connection connection) : Http2Stream(connection), IClientStream
{
    private IClientStreamHandler? _handler;
    private bool _asks;
    private bool _connects;
    private byte[] _protocol = [];

    /// <summary>Who takes the response.</summary>
    public IClientStreamHandler Handler
    {
        get => _handler!;
        set => _handler = value;
    }

    /// <summary>The request's method is HEAD: its response's length promises no body.</summary>
    internal bool IsHead { get; private set; }

    internal override HeaderMap? TrailersMap => IsDetached ? null : _handler?.ResponseTrailers;

    public void SendHeaders(HeaderMap headers, bool endStream, bool upgrades)
    {
        if (!IsOpen || LocalEnded)
            return;
        IsHead = headers.Get(HeaderId.Method).SequenceEqual("HEAD"u8);
        _connects = headers.Get(HeaderId.Method).SequenceEqual("CONNECT"u8);
        _asks = upgrades && !endStream;
        if (_asks)
            _protocol = headers.Get(HeaderId.Upgrade).ToArray();
        Connection.SendHeaders(this, Connection.Writer.WriteRequest(headers, _asks), endStream);
    }

    public void Reset(StreamResetReason reason)
    {
        _handler = null;
        IsDetached = true;
        if (IsOpen)
            Connection.ResetStream(this, reason == StreamResetReason.ProtocolError ? Http2ErrorCode.ProtocolError : Http2ErrorCode.Cancel);
    }

    /// <summary>A response with this status makes a tunnel: a length that it names counts for nothing (RFC 9110 section 9.3.6).</summary>
    internal bool IsGrant(int status) => (_asks && status == 200) || (_connects && status is >= 200 and < 300);

    /// <summary>The headers of a response, or of an interim one, are in the handler's map.</summary>
    internal void OnHeaders(int status, bool endStream)
    {
        if (status < 200)
        {
            _handler!.OnInformational();
            return;
        }

        if (_asks && status == 200 && !endStream)
        {
            // Granted: over HTTP/1, which everybody else speaks, that is a 101.
            status = 101;
            var headers = _handler!.ResponseHeaders;
            headers.SetUnchecked(HeaderId.Status, "101"u8);
            headers.SetUnchecked(HeaderId.Upgrade, _protocol);
            headers.SetUnchecked(HeaderId.Connection, "upgrade"u8);
            headers.Remove(HeaderId.ContentLength);
        }

        HasHeaders = true;
        var handler = endStream ? Detach() : _handler!;
        handler.OnResponseHeaders(status, endStream);
    }

    internal override void OnReset(StreamResetReason reason, string details)
    {
        var handler = _handler;
        _handler = null;
        IsDetached = true;
        // What stands behind the reason is the transport's word, and it has none.
        handler?.OnReset(reason, "");
    }

    protected override void Deliver(ByteQueue data, bool endStream)
    {
        if (_handler is null)
            return;
        var handler = endStream ? Detach() : _handler;
        handler.OnResponseData(data, endStream);
    }

    protected override void DeliverTrailers()
    {
        if (_handler is not null)
            Detach().OnResponseTrailers();
    }

    protected override void OnHigh() => _handler?.OnAboveWriteHighWatermark();

    protected override void OnLow() => _handler?.OnBelowWriteLowWatermark();

    // The handler hears of the end once, and nothing after it.
    private IClientStreamHandler Detach()
    {
        var handler = _handler!;
        _handler = null;
        IsDetached = true;
        return handler;
    }
}
