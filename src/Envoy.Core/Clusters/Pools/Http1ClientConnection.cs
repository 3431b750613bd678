using Envoy.Buffers;
using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Http.Http1;
using Envoy.Http.Streams;
using Envoy.Net;

namespace Envoy.Clusters.Pools;

/// <summary>A pooled HTTP/1 connection to an upstream and the exchange on it, one at a time. Worker-owned.</summary>
/// <remarks>
/// <code>
///  Connecting ─► Idle ◄──────────────────────────┐
///                  │ Attach                      │ request and response complete, connection reusable
///                  ▼                             │
///                Busy ───────────────────────────┤
///                  │                             └─► Closed (not reusable, reset, or the upstream ended it)
///                  └─► bytes that nobody asked for, a broken response, the upstream's end: the exchange is reset
/// </code>
/// </remarks>
internal sealed class Http1ClientConnection : IConnectionHandler, IClientStream, IPooledConnection
{
    // Trailers are read whatever the client's side wants: that side drops them unless its enable_trailers says otherwise.
    private static readonly Http1CodecOptions Codec = Http1CodecOptions.Response with { EnableTrailers = true };

    private static readonly Http1CodecOptions PreservingCodec = Codec with { PreserveCase = true };

    private readonly Http1Pool _pool;
    private readonly UpstreamConnectionAccount _account;
    private readonly Http1ResponseDecoder _decoder;
    private readonly ConnectionLifetime _lifetime;
    private readonly ByteQueue _body;
    private readonly ByteQueue _out;
    private Connection _connection = null!;
    private IClientStreamHandler? _handler;
    private Http1BodyFraming _framing;
    private int _readDisabled;
    private bool _busy;
    private bool _requestSent;
    private bool _responseComplete;
    private bool _decoding;

    public Http1ClientConnection(Http1Pool pool, UpstreamConnectionAccount account)
    {
        _pool = pool;
        _decoder = new Http1ResponseDecoder(
            pool.Cluster.Snapshot.Config.HeaderKeyFormat is HeaderKeyFormat.PreserveCase or HeaderKeyFormat.PreserveOrProperCase ? PreservingCodec : Codec);
        _account = account;
        _body = new ByteQueue(pool.Cluster.Worker);
        _out = new ByteQueue(pool.Cluster.Worker);
        _lifetime = new ConnectionLifetime(pool.Cluster, this);
    }

    /// <summary>Waits in the pool's stack.</summary>
    public bool IsInIdleStack { get; private set; }

    /// <summary>Can take a request.</summary>
    public bool IsUsable => !_busy && _connection.IsOpen;

    public Connection Connection => _connection;

    public bool IsAboveWriteHighWatermark => _connection.IsAboveWriteHighWatermark;

    private bool ProperCase => _pool.Cluster.Snapshot.Config.HeaderKeyFormat is HeaderKeyFormat.ProperCaseWords or HeaderKeyFormat.PreserveOrProperCase;

    public void Open() => _connection = _account.Open(this, _pool.SocketOptions);

    /// <summary>Takes over a connection that is made already.</summary>
    public void Adopt()
    {
        _connection = _account.Connection;
        _connection.Handler = this;
        OnEvent(ConnectionEvent.Connected);
    }

    /// <summary>Ends it at once; only for one that is idle.</summary>
    public void Close()
    {
        IsInIdleStack = false;
        _connection.Close(ConnectionCloseType.NoFlush);
    }

    public void BecomeIdle()
    {
        IsInIdleStack = true;
        _lifetime.OnIdle();
    }

    /// <summary>Begins an exchange.</summary>
    public void Attach(IClientStreamHandler handler)
    {
        IsInIdleStack = false;
        _busy = true;
        _lifetime.OnRequest();
        _requestSent = _responseComplete = false;
        _handler = handler;
    }

    public void SendHeaders(HeaderMap headers, bool endStream, bool upgrades)
    {
        if (!_connection.IsOpen)
            return;
        var isHead = headers.Get(HeaderId.Method).SequenceEqual("HEAD"u8);
        var isUpgrade = upgrades && !endStream;
        if (!isUpgrade && headers.Contains(HeaderId.Upgrade))
        {
            // A filter's own, or a copy's: the answer to it would leave nobody knowing where the message ends.
            headers.Remove(HeaderId.Upgrade);
            headers.Remove(HeaderId.Connection);
        }

        _framing = Http1Framing.ForRequest(headers, endStream, isUpgrade);
        Http1Encoder.WriteRequestHead(headers, _framing, _out, ProperCase);
        var isConnect = headers.Get(HeaderId.Method).SequenceEqual("CONNECT"u8);
        _decoder.Start(_handler!.ResponseHeaders, _handler.ResponseTrailers, new Http1ResponseContext(isHead, isConnect, isUpgrade));
        _connection.Write(_out, EndsWith(endStream));
        if (endStream)
            _requestSent = true;
    }

    public void SendData(ByteQueue data, bool endStream)
    {
        if (!_connection.IsOpen)
        {
            data.Clear();
            return;
        }

        if (_framing == Http1BodyFraming.Chunked)
            Http1Chunks.Write(_out, data, endStream);
        else
            _out.Append(data);
        if (!_out.IsEmpty || EndsWith(endStream))
            _connection.Write(_out, EndsWith(endStream));
        if (endStream)
            _requestSent = true;
    }

    public void SendTrailers(HeaderMap trailers)
    {
        if (!_connection.IsOpen)
            return;
        if (_framing == Http1BodyFraming.Chunked)
        {
            Http1Chunks.WriteLast(_out, trailers, ProperCase);
            _connection.Write(_out, endOfStream: false);
        }
        else if (EndsWith(endStream: true))
        {
            _connection.Write(_out, endOfStream: true);
        }

        _requestSent = true;
    }

    public void Reset(StreamResetReason reason)
    {
        if (_handler is null)
            return;
        _pool.Cluster.Stats.UpstreamRqTxReset.Inc();
        _handler = null;
        // What is under way cannot be taken back: the connection goes with it.
        _connection.Close(ConnectionCloseType.NoFlush);
    }

    public void ReadDisable(bool disable)
    {
        if (_connection.IsClosed)
            return;
        _readDisabled += disable ? 1 : -1;
        _connection.ReadDisable(disable);
    }

    public void OnData(ByteQueue input, bool endOfStream)
    {
        if (_decoding)
            return;
        _decoding = true;
        Decode(input);
        _decoding = false;
    }

    public void OnEvent(ConnectionEvent connectionEvent)
    {
        if (connectionEvent == ConnectionEvent.Connected)
        {
            _account.OnConnected();
            _lifetime.OnConnected();
            _pool.OnConnected(this);
            return;
        }

        if (!_account.IsConnected)
        {
            _account.OnClosed(connectionEvent, hasActiveRequest: false);
            _pool.OnConnectFailed(_account.TimedOut, _account.FailureReason);
            return;
        }

        // First the accounts, then those who react.
        var wasBusy = _busy;
        _busy = false;
        _account.OnClosed(connectionEvent, wasBusy);
        if (wasBusy)
            _pool.OnRequestDone();
        _lifetime.OnClosed();
        _body.Clear();
        _out.Clear();
        try
        {
            if (_handler is not null)
                EndExchange(connectionEvent);
        }
        finally
        {
            _pool.OnClosed(this);
        }
    }

    public void OnAboveWriteHighWatermark()
    {
        _pool.Cluster.Stats.UpstreamFlowControlBackedUpTotal.Inc();
        _handler?.OnAboveWriteHighWatermark();
    }

    public void OnBelowWriteLowWatermark()
    {
        _pool.Cluster.Stats.UpstreamFlowControlDrainedTotal.Inc();
        _handler?.OnBelowWriteLowWatermark();
    }

    bool IPooledConnection.IsIdle => IsInIdleStack;

    void IPooledConnection.OnIdleTimeout() => _connection.Close(ConnectionCloseType.NoFlush);

    void IPooledConnection.OnDurationReached()
    {
        // The exchange under way, if any, is its last.
        if (IsInIdleStack)
            _connection.Close(ConnectionCloseType.NoFlush);
    }

    // A tunnel has no other way to say that it ends in this direction.
    private bool EndsWith(bool endStream) => endStream && _framing == Http1BodyFraming.Tunnel;

    private void Decode(ByteQueue input)
    {
        while (_connection.IsOpen)
        {
            if (_handler is null || _responseComplete)
            {
                if (!input.IsEmpty)
                    OnUnasked(input);
                return;
            }

            if (_readDisabled > 0)
                return;
            var step = _decoder.Next(input.FirstSpan, out var consumed, out var offset, out var length);
            if (step == Http1Step.Data)
            {
                input.Drain(offset);
                _body.MoveFrom(input, length);
                input.Drain(consumed - offset - length);
                var end = _decoder.EndsWithHeaders;
                DeliverData(end);
                continue;
            }

            input.Drain(consumed);
            switch (step)
            {
                case Http1Step.NeedMore:
                    if (input.IsEmpty)
                        return;
                    continue;
                case Http1Step.Informational:
                    _handler.OnInformational();
                    continue;
                case Http1Step.Headers:
                    var endStream = _decoder.EndsWithHeaders;
                    var handler = endStream ? DetachHandler() : _handler;
                    handler.OnResponseHeaders(_decoder.StatusCode, endStream);
                    if (endStream)
                        FinishResponse();
                    continue;
                case Http1Step.Trailers:
                    DetachHandler().OnResponseTrailers();
                    FinishResponse();
                    continue;
                case Http1Step.MessageComplete:
                    DeliverData(end: true);
                    continue;
                default:
                    OnBroken();
                    return;
            }
        }
    }

    private void DeliverData(bool end)
    {
        var handler = end ? DetachHandler() : _handler!;
        handler.OnResponseData(_body, end);
        _body.Clear();
        if (end)
            FinishResponse();
    }

    /// <summary>The response is whole: its handler hears of the end once, and nothing after it.</summary>
    private IClientStreamHandler DetachHandler()
    {
        var handler = _handler!;
        _handler = null;
        _responseComplete = true;
        return handler;
    }

    /// <summary>After the whole response: the connection is used again if both sides are done with it and neither wants it closed.</summary>
    private void FinishResponse()
    {
        if (!_connection.IsOpen)
            return;
        while (_readDisabled > 0)
            ReadDisable(false);
        var reusable = _requestSent && _framing != Http1BodyFraming.Tunnel && _decoder.KeepAlive && _connection.Input.IsEmpty && _connection.WriteBuffered == 0 && !_pool.IsDraining && !_lifetime.IsSpent;
        _decoder.Stop();
        if (!reusable)
        {
            if (!_connection.Input.IsEmpty)
                _pool.Cluster.Stats.UpstreamCxProtocolError.Inc();
            _connection.Close(ConnectionCloseType.NoFlush);
            return;
        }

        _busy = false;
        _pool.OnRequestDone();
        _pool.OnIdle(this);
    }

    private void OnUnasked(ByteQueue input)
    {
        // RFC 9112 section 9.2: a response that belongs to no request; what follows cannot be trusted.
        // A server may say with a 408 why it ends an idle connection (RFC 9110 section 15.5.9): no fault of the protocol.
        if (!input.FirstSpan.StartsWith("HTTP/1.1 408"u8))
            _pool.Cluster.Stats.UpstreamCxProtocolError.Inc();
        input.Clear();
        _connection.Close(ConnectionCloseType.NoFlush);
    }

    private void OnBroken()
    {
        _pool.Cluster.Stats.UpstreamCxProtocolError.Inc();
        _pool.Cluster.Stats.UpstreamRqRxReset.Inc();
        var handler = _handler!;
        _handler = null;
        _connection.Close(ConnectionCloseType.NoFlush);
        handler.OnReset(StreamResetReason.ProtocolError, "");
    }

    /// <summary>The connection ended during an exchange: the end of a body that lasts until then, or a cut one.</summary>
    private void EndExchange(ConnectionEvent connectionEvent)
    {
        var handler = _handler!;
        _handler = null;
        if (connectionEvent == ConnectionEvent.RemoteClose && !_connection.WasReset && _decoder.OnEndOfStream() == Http1EndOfStream.Complete)
        {
            _body.Clear();
            handler.OnResponseData(_body, endStream: true);
            return;
        }

        _pool.Cluster.Stats.UpstreamRqRxReset.Inc();
        handler.OnReset(StreamResetReason.ConnectionTermination, "");
    }
}
