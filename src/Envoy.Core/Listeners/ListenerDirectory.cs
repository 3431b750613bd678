using System.Net;
using System.Net.Sockets;
using Envoy.Runtime;

namespace Envoy.Listeners;

/// <summary>
/// The proxy's listeners by address, for connections that arrived at one and were meant for another. Main adds, any thread looks. Thread-safe.
/// </summary>
internal sealed class ListenerDirectory
{
    private volatile Listener[] _listeners = [];

    public void Add(Listener listener) => _listeners = [.. _listeners, listener];

    /// <summary>The part on <paramref name="worker"/> of the listener at an address, or of the one at the same port of all addresses; null: none.</summary>
    public WorkerListener? Find(EndPoint address, Worker worker)
    {
        Listener? wildcard = null;
        foreach (var listener in _listeners)
        {
            if (listener.Address.Equals(address))
                return listener.PartOn(worker);
            if (listener.Address is IPEndPoint own && address is IPEndPoint ip && own.Port == ip.Port && own.AddressFamily == ip.AddressFamily
                && own.Address.Equals(own.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any))
            {
                wildcard = listener;
            }
        }

        return wildcard?.PartOn(worker);
    }
}
