using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Http2;
using Envoy.Http.Streams;
using Envoy.Runtime;

namespace Envoy.Fuzz.Http2;

/// <summary>
/// A codec on the server's side with somebody behind it who answers some requests at once, holds back others and resets a few, by their paths'
/// lengths. Writes down what happens, as text in which the cutting of the bytes does not show. Used by one thread.
/// </summary>
internal sealed class Http2Session : IHttp2ConnectionHandler
{
    private static readonly Http2ProtocolOptions Options = new() { MaxConcurrentStreams = 5, InitialStreamWindowSize = 65535, InitialConnectionWindowSize = 70_000, StreamErrorOnInvalidHttpMessaging = true };

    private readonly Http2Connection _codec;
    private readonly ByteQueue _input;
    private readonly Worker _worker;
    private bool _resume;

    public Http2Session(Worker worker)
    {
        _worker = worker;
        _codec = new Http2Connection(isServer: true, Options, maxHeaderBytes: 2000, maxHeaderCount: 20, streamBufferLimit: 1000, SlabPool.Of(worker), this);
        _input = new ByteQueue(worker);
        _codec.Start();
    }

    public ByteSink Trace { get; } = new();

    public long Written { get; private set; }

    public int ActiveStreams => _codec.ActiveStreams;

    public long OutputLength => 0;

    public bool IsOutputFull => false;

    public void Receive(ReadOnlySpan<byte> bytes)
    {
        _input.Append(bytes);
        _codec.Receive(_input);
        // As the loop's next turn does.
        for (var turns = 0; _resume && turns < 100; turns++)
        {
            _resume = false;
            _codec.Resume();
        }
    }

    public void Close()
    {
        _codec.OnClosed();
        _input.Clear();
    }

    public void Write(ByteQueue output)
    {
        Written += output.Length;
        output.Clear();
    }

    public void OnStreamBegun(Http2ServerStream stream) => stream.Handler = new Reader(this, stream, _worker);

    public void OnStreamClosed(Http2Stream stream)
    {
    }

    public void OnPeerFault()
    {
    }

    public void OnPeerReset(Http2Stream stream)
    {
    }

    public void OnFlushPending()
    {
    }

    public void OnPeerSettings() => Note("settings");

    public void OnGoAway(uint lastStreamId, Http2ErrorCode code) => Note($"goaway {lastStreamId} {code}");

    public void OnPong() => Note("pong");

    public void OnConnectionError(Http2ErrorCode code, string message) => Note($"error {code} {message}");

    public void ScheduleResume() => _resume = true;

    public void Count(Http2Count count)
    {
    }

    private void Note(string text)
    {
        Trace.Append(text);
        Trace.Append((byte)'\n');
    }

    /// <summary>Who takes a request.</summary>
    private sealed class Reader(Http2Session session, Http2ServerStream stream, Worker worker) : IServerStreamHandler
    {
        private readonly uint _id = stream.Id;
        private readonly HeaderMap _response = new();
        private long _received;
        private bool _over;

        public HeaderMap RequestHeaders { get; } = new();

        public HeaderMap RequestTrailers { get; } = new();

        public void OnRequestHeaders(bool endStream)
        {
            var kind = RequestHeaders.Get(HeaderId.Path).Length % 5;
            session.Note($"{_id} headers {RequestHeaders.Count} {RequestHeaders.ByteSize} {endStream}");
            if (kind == 1)
                Answer();
            else if (kind == 2)
                stream.ReadDisable(true);
            else if (kind == 3)
                Reset();
            if (kind == 2 && !_over)
                stream.ReadDisable(false);
            if (endStream)
                End();
        }

        public void OnRequestData(ByteQueue data, bool endStream)
        {
            _received += data.Length;
            data.Clear();
            if (endStream)
                End();
        }

        public void OnRequestTrailers()
        {
            session.Note($"{_id} trailers {RequestTrailers.Count}");
            End();
        }

        public void OnReset(StreamResetReason reason, string details)
        {
            _over = true;
            session.Note($"{_id} reset {reason} {details}");
        }

        public void OnAboveWriteHighWatermark()
        {
        }

        public void OnBelowWriteLowWatermark()
        {
        }

        private void End()
        {
            session.Note($"{_id} end {_received}");
            if (!_over)
                Answer();
        }

        private void Answer()
        {
            _over = true;
            _response.Set(HeaderId.Status, "200"u8);
            var body = new ByteQueue(worker);
            body.Append(new byte[3000]);
            stream.SendHeaders(_response, endStream: false);
            stream.SendData(body, endStream: true);
            stream.Finish(closeConnection: false);
        }

        private void Reset()
        {
            _over = true;
            stream.Reset(StreamResetReason.LocalReset);
        }
    }
}
