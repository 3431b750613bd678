namespace Envoy.Runtime;

/// <summary>How a proxy talks to the operating system.</summary>
public enum EngineKind
{
    /// <summary>The fastest one that the platform has: <see cref="Epoll"/> on Linux, otherwise <see cref="Portable"/>. The default.</summary>
    Auto,

    /// <summary>
    /// Linux's epoll, called directly, with one listening socket per worker (SO_REUSEPORT). Elsewhere building the proxy fails with a
    /// <see cref="PlatformNotSupportedException"/>.
    /// </summary>
    Epoll,

    /// <summary><see cref="System.Net.Sockets"/>, on every platform; one listening socket, whose connections are handed to the workers.</summary>
    Portable,
}
