using Envoy.Buffers;
using Envoy.Http.Headers;

namespace Envoy.Http.Streams;

/// <summary>
/// The codec's side of one downstream exchange: where the response goes. All that a stream knows of its codec, so that something without
/// bytes can stand here too. Worker-owned.
/// </summary>
internal interface IServerStream
{
    /// <summary>What the codec read besides the headers; valid once they are delivered.</summary>
    RequestTraits Traits { get; }

    /// <summary>
    /// The request, whose headers have just been delivered, has no end of its own: what follows are opaque bytes, which the codec keeps back
    /// until <see cref="OpenTunnel"/>. That the client leaves is told meanwhile.
    /// </summary>
    void BecomeTunnel();

    /// <summary>The other side has agreed: the client's bytes are delivered from the next turn on.</summary>
    void OpenTunnel();

    /// <summary>Sends an interim (1xx) response.</summary>
    void SendInformational(HeaderMap headers);

    /// <summary>Sends the response's headers; <paramref name="endStream"/>: they are all of it.</summary>
    void SendHeaders(HeaderMap headers, bool endStream);

    /// <summary>Sends body bytes; <paramref name="data"/> is emptied.</summary>
    void SendData(ByteQueue data, bool endStream);

    /// <summary>Ends the response with trailers.</summary>
    void SendTrailers(HeaderMap trailers);

    /// <summary>Ends the stream without finishing the response; no call to the handler follows.</summary>
    void Reset(StreamResetReason reason);

    /// <summary>Holds the client back (true) or lets it send (false); calls nest.</summary>
    void ReadDisable(bool disable);

    /// <summary>
    /// Both directions are complete and the handler lets go of the stream. <paramref name="closeConnection"/>: as soon as everything is written.
    /// </summary>
    void Finish(bool closeConnection);
}
