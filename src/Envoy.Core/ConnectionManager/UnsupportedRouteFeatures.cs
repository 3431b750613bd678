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
        Report(table.RequestMirrorPolicies.Count > 0, table, "request_mirror_policies", validation);
        validation.Each("virtual_hosts", table.VirtualHosts, host =>
        {
            Report(host.RequestMirrorPolicies.Count > 0, host, "request_mirror_policies", validation);
            validation.Each("routes", host.Routes, route =>
            {
                if (route.Action is ForwardActionConfig forward)
                    Report(forward, validation);
            });
        });
    }

    private static void Report(ForwardActionConfig forward, ConfigValidation validation)
    {
        Report(forward.RequestMirrorPolicies.Count > 0, forward, "request_mirror_policies", validation);
        Report(forward.InternalRedirectPolicy is not null, forward, "internal_redirect_policy", validation);
        Report(forward.UpgradeConfigs.Any(u => u.Enabled), forward, "upgrade_configs", validation);
        Report(forward.MaxStreamDuration is not null, forward, "max_stream_duration", validation);
        Report(forward.MaxGrpcTimeout is not null, forward, "max_grpc_timeout", validation);
        Report(forward.GrpcTimeoutOffset is not null, forward, "grpc_timeout_offset", validation);
        Report(forward.HashPolicies.Any(h => h is CookieHashPolicyConfig { Ttl: not null }), forward, "hash_policy", validation);
    }

    private static void Report(bool used, object subject, string field, ConfigValidation validation)
    {
        if (used)
            validation.NotSupported(subject, field, $"'{field}' is read, but not served yet");
    }
}
