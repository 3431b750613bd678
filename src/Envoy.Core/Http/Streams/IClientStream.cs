using Envoy.Buffers;
using Envoy.Http.Headers;

namespace Envoy.Http.Streams;

/// <summary>The codec's side of one upstream exchange: where the request goes. Worker-owned.</summary>
internal interface IClientStream
{
    /// <summary>More request than the buffer limit waits to be written.</summary>
    bool IsAboveWriteHighWatermark { get; }

    /// <summary>Sends the request's headers; <paramref name="endStream"/>: they are all of it.</summary>
    void SendHeaders(HeaderMap headers, bool endStream);

    /// <summary>Sends body bytes; <paramref name="data"/> is emptied.</summary>
    void SendData(ByteQueue data, bool endStream);

    /// <summary>Ends the request with trailers.</summary>
    void SendTrailers(HeaderMap trailers);

    /// <summary>Gives the exchange up; no call to the handler follows.</summary>
    void Reset(StreamResetReason reason);

    /// <summary>Holds the upstream back (true) or lets it send (false); calls nest.</summary>
    void ReadDisable(bool disable);
}
