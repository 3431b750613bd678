using Envoy.AccessLog;
using Envoy.Extensions;
using Envoy.Net;
using Envoy.Proxy;
using Envoy.RuntimeSettings;
using Envoy.TransportSockets.Tls;

namespace Envoy.Config.Bootstrap;

/// <summary>Reads <c>envoy.config.bootstrap.v3.Bootstrap</c>. Thread-safe.</summary>
internal static class BootstrapReader
{
    private static readonly FieldTable<NodeConfig> Locality = new FieldTable<NodeConfig>("envoy.config.core.v3.Locality", new NodeConfig())
        .Text("region", n => n.Region, (n, v) => n with { Region = v })
        .Text("zone", n => n.Zone, (n, v) => n with { Zone = v })
        .Text("sub_zone", n => n.SubZone, (n, v) => n with { SubZone = v });

    private static readonly FieldTable<NodeConfig> Node = new FieldTable<NodeConfig>("envoy.config.core.v3.Node", new NodeConfig())
        .Text("id", n => n.Id, (n, v) => n with { Id = v })
        .Text("cluster", n => n.Cluster, (n, v) => n with { Cluster = v })
        .Inline("locality", Locality)

        // A node describes itself to management servers, which are refused where they are named.
        .Inert("metadata", "dynamic_parameters", "user_agent_name", "user_agent_version", "user_agent_build_version", "extensions",
            "client_features", "listening_addresses", "build_version");

    private static readonly FieldTable<AdminConfig> Admin = new FieldTable<AdminConfig>(
            "envoy.config.bootstrap.v3.Admin", new AdminConfig { Address = new SocketAddressConfig("", 0) })
        .Message("address", "Address", a => a.Address, (a, v) => a with { Address = v }, AddressReader.TryRead, required: true)
        .List("access_log", "AccessLog", a => a.AccessLogs, (a, v) => a with { AccessLogs = v }, AccessLogReader.TryRead)
        .Text("access_log_path", _ => null, (a, v) => v.Length == 0 || v == "/dev/null" ? a : a with
        {
            AccessLogs = [.. a.AccessLogs, new AccessLogConfig("envoy.access_loggers.file", new FileAccessLogOptions { Path = v })],
        })
        .NotYet("socket_options=[]", "allow_paths=[]")

        // There is no profiler of ours to write to it.
        .Inert("ignore_global_conn_limit", "profile_path");

    private static readonly FieldTable<ProxyConfig> StaticResources = new FieldTable<ProxyConfig>(
            "envoy.config.bootstrap.v3.Bootstrap.StaticResources", new ProxyConfig())
        .List("listeners", "Listener", c => c.Listeners, (c, v) => c with { Listeners = v }, ListenerReader.TryRead)
        .List("clusters", c => c.Clusters, (c, v) => c with { Clusters = v }, ClusterReader.Fields)
        .List("secrets", c => c.Secrets, (c, v) => c with { Secrets = v }, TlsContextReader.Secret);

    public static readonly FieldTable<ProxyConfig> Fields = new FieldTable<ProxyConfig>("envoy.config.bootstrap.v3.Bootstrap", new ProxyConfig())
        .Message("node", c => c.Node, (c, v) => c with { Node = v }, Node)
        .Message("admin", c => c.Admin, (c, v) => c with { Admin = v }, Admin)
        .Inline("static_resources", StaticResources)
        .Message("layered_runtime", c => c.LayeredRuntime, (c, v) => c with { LayeredRuntime = v }, LayeredRuntimeReader.Fields)
        .Message("runtime", _ => null, (c, v) => c with { LayeredRuntime = v }, LayeredRuntimeReader.Old)
        .OneOf(required: false, "layered_runtime", "runtime")
        .NotYet("node_context_params=[]", "dynamic_resources=[]", "cluster_manager=[]", "hds_config", "flags_path=", "stats_sinks=[]",
            "stats_config=[]", "stats_flush_interval", "stats_flush_on_admin=false", "stats_eviction_interval", "watchdog=[]",
            "watchdogs=[]", "tracing=[]", "overload_manager", "enable_dispatcher_stats=false", "header_prefix=",
            "stats_server_version_override", "use_tcp_for_dns_lookups=false", "dns_resolution_config", "typed_dns_resolver_config",
            "bootstrap_extensions=[]", "fatal_actions=[]", "config_sources=[]", "default_config_source", "default_socket_interface=",
            "certificate_provider_instances=[]", "inline_headers=[]", "perf_tracing_file_path=", "default_regex_engine", "xds_delegate_extension",
            "xds_config_tracker_extension", "listener_manager", "application_log_config", "grpc_async_client_manager_config",
            "memory_allocator_manager", "rate_limit_service")

        // When statistics are made is nobody's business but the process's.
        .Inert("deferred_stat_options");

    /// <summary>Clusters may come from elsewhere too, so that a name which is not among the static ones proves nothing.</summary>
    public static bool HasOtherClusters(ConfigNode document) =>
        document.Find("dynamic_resources") is { Kind: ConfigNodeKind.Mapping, Entries.Count: > 0 }
        || document.Find("dynamicResources") is { Kind: ConfigNodeKind.Mapping, Entries.Count: > 0 };
}
