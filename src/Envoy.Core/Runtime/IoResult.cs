using System.Net.Sockets;

namespace Envoy.Runtime;

/// <summary>How a non-blocking receive or send ended.</summary>
internal enum IoStatus
{
    /// <summary>Some bytes moved.</summary>
    Done,

    /// <summary>Nothing moved; the transport will call when it can.</summary>
    WouldBlock,

    /// <summary>Receive only: the peer has ended its direction.</summary>
    EndOfStream,

    /// <summary>The transport is broken; <see cref="IoResult.Error"/> says how.</summary>
    Failed,
}

/// <summary>Result of <see cref="Transport.TryReceive"/> and <see cref="Transport.TrySend"/>. Immutable.</summary>
internal readonly struct IoResult
{
    private IoResult(IoStatus status, int bytes, SocketError error)
    {
        Status = status;
        Bytes = bytes;
        Error = error;
    }

    public static IoResult WouldBlock => new(IoStatus.WouldBlock, 0, SocketError.WouldBlock);

    public static IoResult EndOfStream => new(IoStatus.EndOfStream, 0, SocketError.Success);

    public IoStatus Status { get; }

    public int Bytes { get; }

    public SocketError Error { get; }

    public static IoResult Done(int bytes) => new(IoStatus.Done, bytes, SocketError.Success);

    public static IoResult Failed(SocketError error) => new(IoStatus.Failed, 0, error);
}
