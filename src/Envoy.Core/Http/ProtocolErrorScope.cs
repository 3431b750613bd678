namespace Envoy.Http;

/// <summary>What a peer's fault takes down.</summary>
internal enum ProtocolErrorScope
{
    /// <summary>The one stream; the connection serves on (HTTP/2).</summary>
    Stream,

    /// <summary>The connection: where the next message would begin can no longer be trusted.</summary>
    Connection,
}
