using Envoy.Buffers;
using Envoy.Http.Headers;

namespace Envoy.Http.Streams;

/// <summary>Who takes the response that a codec reads. Worker-owned.</summary>
internal interface IClientStreamHandler
{
    /// <summary>The map that the codec reads headers into, interim ones included.</summary>
    HeaderMap ResponseHeaders { get; }

    /// <summary>The map that the codec reads trailers into.</summary>
    HeaderMap ResponseTrailers { get; }

    /// <summary>An interim (1xx) response is in <see cref="ResponseHeaders"/>.</summary>
    void OnInformational();

    /// <summary>The headers are in <see cref="ResponseHeaders"/>; <paramref name="endStream"/>: they are all of the response.</summary>
    void OnResponseHeaders(int status, bool endStream);

    /// <summary>Body bytes, to be taken from <paramref name="data"/> in the call.</summary>
    void OnResponseData(ByteQueue data, bool endStream);

    /// <summary>The response ended with the trailers in <see cref="ResponseTrailers"/>.</summary>
    void OnResponseTrailers();

    /// <summary>The exchange ended before the response did. <paramref name="details"/>: the transport's or codec's word for it; may be empty.</summary>
    void OnReset(StreamResetReason reason, string details);

    /// <summary>More request than the buffer limit waits to be written.</summary>
    void OnAboveWriteHighWatermark();

    /// <summary>The upstream has taken enough.</summary>
    void OnBelowWriteLowWatermark();
}
