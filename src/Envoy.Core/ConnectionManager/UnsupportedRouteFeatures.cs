using Envoy.Extensions;
using Envoy.Routing;

namespace Envoy.ConnectionManager;

/// <summary>
/// What a route table may say, and be asked about, but the connection manager and the router do not do yet: refused by name where a proxy
/// would have to serve it. Thread-safe.
/// </summary>
internal static class UnsupportedRouteFeatures
{
    public static void Report(RouteConfiguration table, ConfigValidation validation)
    {
        validation.Each("virtual_hosts", table.VirtualHosts, host =>
        {
            validation.Each("routes", host.Routes, route =>
            {
                if (route.Action is ForwardActionConfig forward)
                    Report(forward, validation);
            });
        });
    }

    /// <summary>What is served from HTTP/2 on.</summary>
    public static bool IsConnect(string upgradeType) => upgradeType.StartsWith("CONNECT", StringComparison.OrdinalIgnoreCase);

    private static void Report(ForwardActionConfig forward, ConfigValidation validation)
    {
        Report(forward.UpgradeConfigs.Any(u => u.Enabled && IsConnect(u.UpgradeType)), forward, "upgrade_configs", validation);
    }

    private static void Report(bool used, object subject, string field, ConfigValidation validation)
    {
        if (used)
            validation.NotSupported(subject, field, $"'{field}' is read, but not served yet");
    }
}
