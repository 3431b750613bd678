using Envoy.Buffers;

namespace Envoy.ConnectionManager.Codecs;

/// <summary>What drives the codec of a downstream connection, whichever it is. Worker-owned.</summary>
internal interface IServerCodec
{
    /// <summary>Several streams share the connection: HTTP/2.</summary>
    bool IsMultiplexed { get; }

    /// <summary>Reads all that can be read now; what cannot stays in <paramref name="input"/>.</summary>
    void OnData(ByteQueue input);

    void OnConnectionClosed();

    void OnAboveWriteHighWatermark();

    void OnBelowWriteLowWatermark();

    /// <summary>The connection is to end as soon as its streams have, without losing any that the client has begun.</summary>
    void BeginDrain();

    /// <summary>No stream is under way, and none shall begin: says so where the protocol can, before the connection is closed.</summary>
    void SayGoodbye();
}
