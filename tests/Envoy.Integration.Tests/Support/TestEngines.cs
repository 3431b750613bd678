using Envoy.Runtime;

namespace Envoy.Integration.Tests.Support;

/// <summary>The engines that this platform has; every fixture runs on each.</summary>
internal static class TestEngines
{
    public static IEnumerable<EngineKind> All => OperatingSystem.IsLinux() ? [EngineKind.Epoll, EngineKind.Portable] : [EngineKind.Portable];
}
