using System.Net.Sockets;

namespace Envoy.Runtime.Resolver;

/// <summary>
/// Finds the addresses of host names. The proxy's own resolver asks the operating system on a thread of its own; another one can be given to
/// the proxy, for tests or for other sources of names. Implementations are thread-safe.
/// </summary>
public interface IDnsResolver
{
    /// <summary>Begins to look <paramref name="name"/> up and returns without waiting for the answer.</summary>
    /// <param name="name">A host name, never an IP literal; compared without case.</param>
    /// <param name="family">
    /// Which addresses the caller can use: <see cref="AddressFamily.InterNetwork"/>, <see cref="AddressFamily.InterNetworkV6"/>, or
    /// <see cref="AddressFamily.Unspecified"/> for both. An answer may hold others; the caller leaves them out.
    /// </param>
    /// <param name="done">
    /// Called once, on any thread, also before this method returns; it does not block and does not throw. It is not called any more once the
    /// resolver has been disposed. A failure is told through it, not by an exception.
    /// </param>
    void Resolve(string name, AddressFamily family, Action<DnsResult> done);
}
