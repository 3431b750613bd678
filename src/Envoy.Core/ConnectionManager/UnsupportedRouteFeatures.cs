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

    /// <summary>Datagrams in a tunnel (RFC 9298), which need UDP.</summary>
    public static bool IsConnectUdp(string upgradeType) => upgradeType.Equals("CONNECT-UDP", StringComparison.OrdinalIgnoreCase);

    private static void Report(ForwardActionConfig forward, ConfigValidation validation)
    {
        foreach (var upgrade in forward.UpgradeConfigs)
        {
            if (upgrade.Enabled && IsConnectUdp(upgrade.UpgradeType))
                validation.NotSupported(forward, "upgrade_configs", $"'{upgrade.UpgradeType}' is read, but not served yet");
        }
    }
}
