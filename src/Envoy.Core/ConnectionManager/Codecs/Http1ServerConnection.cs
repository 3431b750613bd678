using Envoy.Buffers;
using Envoy.ConnectionManager.Streams;
using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Http.Http1;
using Envoy.Http.Streams;
using Envoy.Net;
using Envoy.Runtime.Timers;

namespace Envoy.ConnectionManager.Codecs;

/// <summary>
/// Drives the HTTP/1 codec of a downstream connection: one exchange at a time, in order. A pipelined request stays in the input until the
/// one before it is done, and while it waits nothing more is received. Worker-owned.
/// </summary>
internal sealed class Http1ServerConnection : IServerCodec, IServerStream, ITimerHandler
{
    private readonly HttpConnectionManager _manager;
    private readonly Http1RequestDecoder _decoder;
    private readonly ByteQueue _body;
    private readonly ByteQueue _out;
    private readonly TimerNode? _headersTimer;
    private HttpStream? _stream;
    private Http1BodyFraming _framing;
    private bool _requestComplete;
    private bool _headersDelivered;
    private bool _responseComplete;
    private bool _inputHeld;
    private bool _decoding;
    private bool _closed;
    private bool _bodyless;
    private bool _tunnelHeld;
    private int _emptyLineBytes;
    private int _readDisabled;

    public Http1ServerConnection(HttpConnectionManager manager)
    {
        _manager = manager;
        _decoder = new Http1RequestDecoder(manager.Shared.Snapshot.Codec);
        _body = new ByteQueue(manager.Connection.Worker);
        _out = new ByteQueue(manager.Connection.Worker);
        if (manager.Shared.Options.RequestHeadersTimeout > TimeSpan.Zero)
            _headersTimer = new TimerNode(this);
    }

    public RequestTraits Traits =>
        (_decoder.Version == Http1Version.Http10 ? RequestTraits.Http10 : 0)
        | (_decoder.ExpectsContinue ? RequestTraits.ExpectsContinue : 0)
        | (_decoder.RequestsUpgrade ? RequestTraits.RequestsUpgrade : 0)
        | (_decoder.IsConnect ? RequestTraits.Connect : 0)
        | (_decoder.KeepAlive ? 0 : RequestTraits.LastOnConnection);

    public bool IsMultiplexed => false;

    private Connection Connection => _manager.Connection;

    private bool ProperCase => _manager.Shared.Options.HeaderKeyFormat is HeaderKeyFormat.ProperCaseWords or HeaderKeyFormat.PreserveOrProperCase;

    /// <summary>Reads all that can be read now; what belongs to a later request stays in <paramref name="input"/>.</summary>
    public void OnData(ByteQueue input)
    {
        if (_decoding)
            return;
        _decoding = true;
        Decode(input);
        _decoding = false;
    }

    public void OnConnectionClosed()
    {
        _closed = true;
        if (_headersTimer is not null)
            Connection.Worker.Disarm(_headersTimer);
        var stream = _stream;
        _stream = null;
        _decoder.Stop();
        stream?.OnReset(StreamResetReason.ConnectionTermination, "");
        _body.Clear();
        _out.Clear();
    }

    public void OnAboveWriteHighWatermark() => _stream?.OnAboveWriteHighWatermark();

    public void OnBelowWriteLowWatermark()
    {
        if (_stream is { } stream)
            stream.OnBelowWriteLowWatermark();
        else
            ReleaseInput();
    }

    public void OnTimer(TimerNode timer) => _stream?.OnRequestHeadersTimeout();

    public void BeginDrain()
    {
        // Between requests nothing is lost; otherwise the response under way says "connection: close" and ends the connection.
        if (_stream is not null)
            return;
        _manager.Shared.Stats.DownstreamCxDrainClose.Inc();
        Connection.Close(ConnectionCloseType.FlushWriteAndDelay);
    }

    public void SayGoodbye()
    {
    }

    public void BecomeTunnel()
    {
        _requestComplete = false;
        _tunnelHeld = true;
        _decoder.BecomeTunnel();
    }

    public void OpenTunnel()
    {
        _tunnelHeld = false;
        if (!_inputHeld || _closed)
            return;
        _inputHeld = false;
        Connection.ReadDisable(false);
    }

    public void SendInformational(HeaderMap headers)
    {
        if (_closed)
            return;
        var status = StatusHeader.Read(headers);
        Http1Encoder.WriteResponseHead(headers, status, Http1BodyFraming.None, Http1Version.Http11, _out, ProperCase);
        _manager.Write(_out);
    }

    public void SendHeaders(HeaderMap headers, bool endStream)
    {
        if (_closed)
            return;
        var status = StatusHeader.Read(headers);
        // Envoy's rule: a version that is not served, or could not be read, is answered in ours.
        var version = _manager.Shared.Options.AcceptHttp10 ? _decoder.Version : Http1Version.Http11;
        var context = new Http1ResponseContext(_decoder.IsHead, _decoder.IsConnect, IsUpgrade: false);
        _framing = Http1Framing.ForResponse(headers, status, endStream, context, version);
        Http1Encoder.WriteResponseHead(headers, status, _framing, version, _out, ProperCase);
        _responseComplete |= endStream;
        _bodyless = _decoder.IsHead || status is 204 or 304 || _framing is Http1BodyFraming.None or Http1BodyFraming.ChunkedWithoutBody or Http1BodyFraming.ZeroLength;
        _manager.Write(_out);
    }

    public void SendData(ByteQueue data, bool endStream)
    {
        _responseComplete |= endStream;
        // A body that may not be there (HEAD, 204, 304) is dropped, as Envoy's codec does.
        if (_closed || _bodyless)
        {
            data.Clear();
            return;
        }

        if (_framing == Http1BodyFraming.Chunked)
            Http1Chunks.Write(_out, data, endStream);
        else
            _out.Append(data);
        if (!_out.IsEmpty)
            _manager.Write(_out);
    }

    public void SendTrailers(HeaderMap trailers)
    {
        _responseComplete = true;
        if (_closed || _bodyless || _framing != Http1BodyFraming.Chunked)
            return;
        Http1Chunks.WriteLast(_out, _manager.Shared.Options.EnableTrailers ? trailers : null, ProperCase);
        _manager.Write(_out);
    }

    public void Reset(StreamResetReason reason)
    {
        // HTTP/1 has no way to end a message early but the connection's end; a client must not take a cut body for a whole one.
        _stream = null;
        // A body that lasts until the close would look complete after an orderly one, so that one ends with a reset.
        if (!_closed)
            Connection.Close(_framing == Http1BodyFraming.UntilClose ? ConnectionCloseType.Abort : ConnectionCloseType.FlushWrite);
    }

    public void ReadDisable(bool disable)
    {
        if (_closed)
            return;
        _readDisabled += disable ? 1 : -1;
        Connection.ReadDisable(disable);
    }

    public void Finish(bool closeConnection)
    {
        _stream = null;
        if (_closed)
            return;
        while (_readDisabled > 0)
            ReadDisable(false);
        _decoder.Stop();
        if (closeConnection || _framing == Http1BodyFraming.UntilClose)
        {
            // With the whole request read there is nothing that a close could cut off at the client (Envoy does not delay then either).
            Connection.Close(_requestComplete ? ConnectionCloseType.FlushWrite : ConnectionCloseType.FlushWriteAndDelay);
            return;
        }

        ReleaseInput();
    }

    private void Decode(ByteQueue input)
    {
        while (!_closed && Connection.IsOpen)
        {
            if (_stream is null)
            {
                if (input.IsEmpty)
                    return;
                // Who asks on without taking the answers is not asked for more: answers would pile up without end.
                if (Connection.IsAboveWriteHighWatermark)
                {
                    HoldInput(input);
                    return;
                }

                if (SkipEmptyLine(input))
                    continue;
                BeginRequest();
                if (_emptyLineBytes % 2 != 0)
                {
                    OnError(Http1Errors.BareCarriageReturn);
                    return;
                }
            }
            else if (_requestComplete || _tunnelHeld)
            {
                HoldInput(input);
                return;
            }

            // A stream that is held back keeps its bytes where they are.
            if (_readDisabled > 0 && _headersDelivered)
                return;
            var step = _decoder.Next(input.FirstSpan, out var consumed, out var offset, out var length);
            if (step == Http1Step.Data)
            {
                TakeBody(input, consumed, offset, length);
                // The end goes with the last bytes where it is known already.
                var end = _decoder.EndsWithHeaders;
                _requestComplete |= end;
                _stream!.OnRequestData(_body, end);
                _body.Clear();
                continue;
            }

            input.Drain(consumed);
            switch (step)
            {
                case Http1Step.NeedMore:
                    if (input.IsEmpty)
                        return;
                    continue;
                case Http1Step.Headers:
                    DisarmHeadersTimer();
                    _headersDelivered = true;
                    var endStream = _decoder.EndsWithHeaders;
                    _requestComplete = endStream;
                    _stream!.OnRequestHeaders(endStream);
                    continue;
                case Http1Step.Trailers:
                    _requestComplete = true;
                    _stream!.OnRequestTrailers();
                    continue;
                case Http1Step.MessageComplete:
                    _requestComplete = true;
                    _body.Clear();
                    _stream!.OnRequestData(_body, endStream: true);
                    continue;
                case Http1Step.Error:
                    OnError(_decoder.Error!);
                    return;
                default:
                    return;
            }
        }
    }

    /// <summary>
    /// Takes an empty line between requests (RFC 9112 section 2.2) without beginning one for it, which would then wait for a request that
    /// may never come. One is enough; more are the decoder's to count.
    /// </summary>
    private bool SkipEmptyLine(ByteQueue input)
    {
        if (_emptyLineBytes >= 2 || input.FirstSpan[0] != (_emptyLineBytes == 0 ? (byte)'\r' : (byte)'\n'))
            return false;
        _emptyLineBytes++;
        input.Drain(1);
        return true;
    }

    private void BeginRequest()
    {
        _requestComplete = _headersDelivered = _responseComplete = _tunnelHeld = false;
        _framing = Http1BodyFraming.None;
        _readDisabled = 0;
        _stream = _manager.NewStream(this);
        _decoder.Start(_stream.RequestHeaders, _stream.RequestTrailers);
        if (_headersTimer is not null)
            Connection.Worker.Arm(_headersTimer, _manager.Shared.Options.RequestHeadersTimeout);
    }

    private void OnError(ProtocolError error)
    {
        DisarmHeadersTimer();
        _manager.Shared.Stats.DownstreamCxProtocolError.Inc();
        // What follows garbage is garbage: nothing more is read from this client.
        _requestComplete = false;
        _stream?.OnCodecError(error);
    }

    private void DisarmHeadersTimer()
    {
        if (_headersTimer is not null)
            Connection.Worker.Disarm(_headersTimer);
    }

    private void TakeBody(ByteQueue input, int consumed, int offset, int length)
    {
        input.Drain(offset);
        _body.MoveFrom(input, length);
        input.Drain(consumed - offset - length);
    }

    private void HoldInput(ByteQueue input)
    {
        if (input.IsEmpty || _inputHeld)
            return;
        _inputHeld = true;
        Connection.ReadDisable(true);
    }

    private void ReleaseInput()
    {
        _emptyLineBytes = 0;
        if (!_inputHeld || Connection.IsAboveWriteHighWatermark)
            return;
        _inputHeld = false;
        // Shows the held bytes again in the next turn, on a stack of their own.
        Connection.ReadDisable(false);
    }
}
