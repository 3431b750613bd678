using System.Net.Sockets;

namespace Envoy.Runtime;

/// <summary>What the owner of a listening socket is told, on the worker that accepts.</summary>
internal interface IAcceptHandler
{
    /// <summary>A connection was accepted. It belongs to the callee, which adopts it on some worker or disposes it.</summary>
    void OnAccepted(AcceptedSocket socket);

    /// <summary>Accepting failed for want of descriptors or memory; the engine tries again after a pause.</summary>
    void OnAcceptFailed(SocketError error);
}
