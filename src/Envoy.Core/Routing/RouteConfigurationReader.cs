using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>Reads <c>envoy.config.route.v3.RouteConfiguration</c> and its virtual hosts. Thread-safe.</summary>
internal static class RouteConfigurationReader
{
    private static readonly EnumNames<TlsRequirement> TlsRequirements = new EnumNames<TlsRequirement>("TlsRequirementType")
        .Add("NONE", 0, TlsRequirement.None)
        .NotYet("EXTERNAL_ONLY", 1)
        .NotYet("ALL", 2);

    private static readonly FieldTable<VirtualHostConfig> VirtualHost = new FieldTable<VirtualHostConfig>(
            "envoy.config.route.v3.VirtualHost", new VirtualHostConfig { Name = "", Domains = [] })
        .Text("name", h => h.Name, (h, v) => h with { Name = v }, required: true)
        .List("domains", "string", h => h.Domains, (h, v) => h with { Domains = v }, FieldKinds.ReadNonEmpty, required: true)
        .List("routes", h => h.Routes, (h, v) => h with { Routes = v }, RouteReader.Fields)
        .Enum("require_tls", _ => TlsRequirement.None, (h, _) => h, TlsRequirements)
        .NotYet("matcher", "virtual_clusters=[]", "rate_limits=[]", "request_headers_to_add=[]", "request_headers_to_remove=[]",
            "response_headers_to_add=[]", "response_headers_to_remove=[]", "cors", "typed_per_filter_config=[]", "per_filter_config=[]",
            "include_request_attempt_count=false", "include_attempt_count_in_response=false", "retry_policy", "retry_policy_typed_config", "hedge_policy",
            "include_is_timeout_retry_header=false", "per_request_buffer_limit_bytes", "request_body_buffer_limit", "request_mirror_policies=[]")
        .Inert("metadata");

    public static readonly FieldTable<RouteConfiguration> Fields = new FieldTable<RouteConfiguration>(
            "envoy.config.route.v3.RouteConfiguration", new RouteConfiguration())
        .Text("name", c => c.Name, (c, v) => c with { Name = v })
        .List("virtual_hosts", c => c.VirtualHosts, (c, v) => c with { VirtualHosts = v }, VirtualHost)
        .Bool("validate_clusters", c => c.ValidateClusters, (c, v) => c with { ValidateClusters = v })
        .NotYet("vhds", "internal_only_headers=[]", "request_headers_to_add=[]", "request_headers_to_remove=[]", "response_headers_to_add=[]",
            "response_headers_to_remove=[]", "most_specific_header_mutations_wins=false", "max_direct_response_body_size_bytes",
            "cluster_specifier_plugins=[]", "request_mirror_policies=[]", "ignore_port_in_host_matching=false", "vhost_header=",
            "ignore_path_parameters_in_path_matching=false", "typed_per_filter_config=[]")
        .Inert("metadata");

    private enum TlsRequirement
    {
        None,
    }
}
