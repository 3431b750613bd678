using System.Net;

namespace Envoy.Runtime;

/// <summary>
/// One byte stream in both directions: the small readiness contract that every engine implements. The transport says when it may be
/// readable or writable again after a <see cref="IoStatus.WouldBlock"/>; it never calls its handler from within a call made on it.
/// Worker-owned.
/// </summary>
internal abstract class Transport
{
    /// <summary>Who is told of readiness. Set before the transport is registered; may be replaced on the worker.</summary>
    public ITransportHandler Handler { get; set; } = null!;

    /// <summary>Our side's address; null if it is gone or has none.</summary>
    public abstract EndPoint? LocalEndPoint { get; }

    /// <summary>The peer's address; null if it has none.</summary>
    public abstract EndPoint? RemoteEndPoint { get; }

    /// <summary>Where the connection was going before the system redirected it to us; null: nowhere else, or the system does not tell.</summary>
    public virtual EndPoint? OriginalDestination => null;

    /// <summary>True when a receive may yield something without a further readiness event.</summary>
    public abstract bool CanReceive { get; }

    /// <summary>Takes bytes that have arrived. <paramref name="buffer"/> is not empty.</summary>
    public abstract IoResult TryReceive(ArraySegment<byte> buffer);

    /// <summary>Hands over bytes; less than all may be taken. The arrays are pinned and are not kept after the call.</summary>
    public abstract IoResult TrySend(ReadOnlySpan<ArraySegment<byte>> segments);

    /// <summary>
    /// Bytes that <see cref="TrySend"/> took have not left yet; <see cref="ITransportHandler.OnWritable"/> follows when they have. Never for a plain socket.
    /// </summary>
    public virtual bool HasUnsent => false;

    /// <summary>Why the connection could not be made or secured, in the transport's own words; empty for what <see cref="IoResult.Error"/> says.</summary>
    public virtual string FailureReason => "";

    /// <summary>The connection could not be made because <see cref="ConnectOptions.Source"/> is not to be had.</summary>
    public virtual bool BindFailed => false;

    /// <summary>Ends our direction (FIN); receiving goes on.</summary>
    public abstract void ShutdownSend();

    /// <summary>Ends both directions and gives the resources back; no call to the handler follows. Idempotent.</summary>
    /// <param name="reset">True: the peer sees a reset (RST) where the transport can do that.</param>
    public abstract void Close(bool reset);
}
