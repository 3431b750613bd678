using Envoy.Buffers;
using Envoy.Net;

namespace Envoy.FilterChains.Network;

/// <summary>A connection to a host of a cluster, or a tunnel through one, made for one user. Worker-owned.</summary>
internal interface IUpstreamConnection
{
    /// <summary>The connection, which a tunnel shares with others, for its addresses; null: there is none yet.</summary>
    Connection? Connection { get; }

    /// <summary>The host's address as text.</summary>
    string HostAddress { get; }

    /// <summary>Whether connecting was given up because of the cluster's connect timeout.</summary>
    bool ConnectTimedOut { get; }

    /// <summary>It ended by a reset rather than by an orderly end.</summary>
    bool WasReset { get; }

    /// <summary>Bytes that were written and have to be waited for when it is closed.</summary>
    long WriteBuffered { get; }

    /// <summary>Milliseconds since the worker's start, when the system last took bytes of it; 0: never, or nobody knows.</summary>
    long LastSentAt { get; }

    /// <summary>Sends bytes, once <see cref="ConnectionEvent.Connected"/> was told; <paramref name="data"/> is emptied.</summary>
    void Write(ByteQueue data, bool endOfStream);

    /// <summary>Holds the host back (true) or lets it send (false); calls nest.</summary>
    void ReadDisable(bool disable);

    /// <summary>Ends it, or the attempt to make it; the handler is told.</summary>
    void Close(ConnectionCloseType type);
}

/// <summary>What the user of an <see cref="IUpstreamConnection"/> is told; on its worker.</summary>
internal interface IUpstreamConnectionHandler : IConnectionHandler;
