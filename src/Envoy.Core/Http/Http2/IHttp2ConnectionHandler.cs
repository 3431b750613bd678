using Envoy.Buffers;

namespace Envoy.Http.Http2;

/// <summary>The owner of an HTTP/2 codec: what has the socket, the clock and the statistics. Worker-owned.</summary>
internal interface IHttp2ConnectionHandler
{
    /// <summary>How many of the bytes that were written wait in front of the socket.</summary>
    long OutputLength { get; }

    /// <summary>Enough waits; bodies are kept back until <see cref="Http2Connection.OnOutputDrained"/>.</summary>
    bool IsOutputFull { get; }

    /// <summary>Takes what is to be sent; <paramref name="output"/> is emptied.</summary>
    void Write(ByteQueue output);

    /// <summary>A client begins a request (server side): the stream has an id and wants its handler.</summary>
    void OnStreamBegun(Http2ServerStream stream);

    /// <summary>A stream is over, whatever became of it.</summary>
    void OnStreamClosed(Http2Stream stream);

    /// <summary>The peer resets a stream that was under way.</summary>
    void OnPeerReset(Http2Stream stream);

    /// <summary>A stream was reset for what the peer did on it; the connection stays, unless it ends now.</summary>
    void OnPeerFault();

    /// <summary>A stream's bytes still wait after its handler has let go of it.</summary>
    void OnFlushPending();

    /// <summary>The peer's settings are there, or have changed.</summary>
    void OnPeerSettings();

    /// <summary>The peer serves no stream above <paramref name="lastStreamId"/>, and begins none itself.</summary>
    void OnGoAway(uint lastStreamId, Http2ErrorCode code);

    /// <summary>The peer answers a PING of ours.</summary>
    void OnPong();

    /// <summary>
    /// The connection is beyond repair: GOAWAY is in the output, all streams are reset, and nothing more is read.
    /// </summary>
    void OnConnectionError(Http2ErrorCode code, string message);

    /// <summary>Streams that were held back go on: calls <see cref="Http2Connection.Resume"/> in a later turn.</summary>
    void ScheduleResume();

    void Count(Http2Count count);
}
