using Envoy.Runtime.Linux;
using Envoy.Runtime.Memory;
using Envoy.Runtime.Portable;

namespace Envoy.Runtime;

/// <summary>Chooses an engine.</summary>
internal static class Engines
{
    /// <summary>The engine of that kind; in-memory addresses are looked up in <paramref name="memory"/>, or in a network of the engine's own.</summary>
    /// <exception cref="PlatformNotSupportedException">This platform does not have it.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="kind"/> is no <see cref="EngineKind"/>.</exception>
    public static Engine Select(EngineKind kind, MemoryNetwork? memory = null) => kind switch
    {
        EngineKind.Auto => OperatingSystem.IsLinux() ? new EpollEngine(memory) : new PortableEngine(memory),
        EngineKind.Epoll => OperatingSystem.IsLinux()
            ? new EpollEngine(memory)
            : throw new PlatformNotSupportedException("The epoll engine needs Linux; use EngineKind.Auto or EngineKind.Portable."),
        EngineKind.Portable => new PortableEngine(memory),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not an engine."),
    };
}
