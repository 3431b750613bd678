using System.Net;

namespace Envoy.Filters.Listener.ProxyProtocol;

/// <summary>A PROXY protocol header. Immutable.</summary>
internal readonly struct ProxyHeader
{
    /// <summary>Null: not to be said yet.</summary>
    public ProxyProtocolVersion? Version { get; init; }

    /// <summary>All its bytes, extensions included; 0: not to be said yet.</summary>
    public int Length { get; init; }

    /// <summary>Where the extensions begin.</summary>
    public int TlvStart { get; init; }

    /// <summary>The client; null: whoever is connected (LOCAL, UNKNOWN).</summary>
    public IPEndPoint? Source { get; init; }

    /// <summary>Where the client wanted to go; null where the source is.</summary>
    public IPEndPoint? Destination { get; init; }
}
