using Envoy.Buffers;

namespace Envoy.Net;

/// <summary>Who owns a connection's events; every call is on the connection's worker.</summary>
internal interface IConnectionHandler
{
    /// <summary>
    /// <paramref name="input"/> holds all that has arrived and has not been taken. What is left in it is shown again with the next bytes.
    /// <paramref name="endOfStream"/>: the peer will send no more.
    /// </summary>
    void OnData(ByteQueue input, bool endOfStream);

    void OnEvent(ConnectionEvent connectionEvent);

    /// <summary>More than the buffer limit waits to be written: whoever produces it should stop.</summary>
    void OnAboveWriteHighWatermark();

    /// <summary>The peer has taken enough; producing may go on.</summary>
    void OnBelowWriteLowWatermark();
}
