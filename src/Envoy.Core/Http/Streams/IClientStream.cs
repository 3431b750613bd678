using Envoy.Buffers;
using Envoy.Http.Headers;

namespace Envoy.Http.Streams;

/// <summary>The codec's side of one upstream exchange: where the request goes. Worker-owned.</summary>
internal interface IClientStream
{
    /// <summary>More request than the buffer limit waits to be written.</summary>
    bool IsAboveWriteHighWatermark { get; }

    /// <summary>Sends the request's headers.</summary>
    /// <param name="headers">The headers.</param>
    /// <param name="endStream">They are all of the request.</param>
    /// <param name="upgrades">They ask to change to the protocol that <c>upgrade</c> names; otherwise that header is not sent.</param>
    void SendHeaders(HeaderMap headers, bool endStream, bool upgrades);

    /// <summary>Sends body bytes; <paramref name="data"/> is emptied.</summary>
    void SendData(ByteQueue data, bool endStream);

    /// <summary>Ends the request with trailers.</summary>
    void SendTrailers(HeaderMap trailers);

    /// <summary>Gives the exchange up; no call to the handler follows.</summary>
    void Reset(StreamResetReason reason);

    /// <summary>Holds the upstream back (true) or lets it send (false); calls nest.</summary>
    void ReadDisable(bool disable);
}
