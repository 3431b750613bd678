using System.Net;

namespace Envoy.Runtime;

/// <summary>A bound and listening socket. It lives as long as its address is wanted, whatever happens to filter chains. Thread-safe.</summary>
internal abstract class ListenSocket : IDisposable
{
    /// <summary>The address it really listens on; a port of 0 is replaced by the chosen one.</summary>
    public abstract EndPoint LocalEndPoint { get; }

    public abstract void Dispose();
}
