using Envoy.Buffers;
using Envoy.Http.Headers;

namespace Envoy.Http.Streams;

/// <summary>Who handles a request that a codec reads. Worker-owned.</summary>
internal interface IServerStreamHandler
{
    /// <summary>The map that the codec reads headers into.</summary>
    HeaderMap RequestHeaders { get; }

    /// <summary>The map that the codec reads trailers into.</summary>
    HeaderMap RequestTrailers { get; }

    /// <summary>The headers are in <see cref="RequestHeaders"/>; <paramref name="endStream"/>: they are all of the request.</summary>
    void OnRequestHeaders(bool endStream);

    /// <summary>Body bytes, to be taken from <paramref name="data"/> in the call.</summary>
    void OnRequestData(ByteQueue data, bool endStream);

    /// <summary>The request ended with the trailers in <see cref="RequestTrailers"/>.</summary>
    void OnRequestTrailers();

    /// <summary>The client, or its connection, ended the stream; nothing can be sent any more.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="details">Envoy's response-code details; empty: what the reason says.</param>
    void OnReset(StreamResetReason reason, string details);

    /// <summary>More response than the buffer limit waits to be written.</summary>
    void OnAboveWriteHighWatermark();

    /// <summary>The client has taken enough.</summary>
    void OnBelowWriteLowWatermark();
}
