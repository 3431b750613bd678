using System.Reflection;

namespace Envoy.Proxy;

/// <summary>What the proxy calls itself in <c>/server_info</c>.</summary>
internal static class ServerVersion
{
    public static string Text { get; } = "envoy-net/"
        + (typeof(ServerVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0");
}
