using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>Reads <c>envoy.config.route.v3.RouteConfiguration</c> and its virtual hosts. Thread-safe.</summary>
internal static class RouteConfigurationReader
{
    private static readonly EnumNames<TlsRequirement> TlsRequirements = new EnumNames<TlsRequirement>("TlsRequirementType")
        .Add("NONE", 0, TlsRequirement.None)
        .Add("EXTERNAL_ONLY", 1, TlsRequirement.ExternalOnly)
        .Add("ALL", 2, TlsRequirement.All);

    private static readonly FieldTable<VirtualClusterConfig> VirtualCluster = new FieldTable<VirtualClusterConfig>(
            "envoy.config.route.v3.VirtualCluster", new VirtualClusterConfig(""))
        .Text("name", c => c.Name, (c, v) => c with { Name = v }, required: true)
        .List("headers", "HeaderMatcher", c => c.Headers, (c, v) => c with { Headers = v }, HeaderMatcherReader.TryRead)
        .NotYetBut("pattern", "write headers: [{ name: \":path\", string_match: { safe_regex: ... } }], which has been Envoy's way since 1.14")
        .NotYetBut("method", "write headers: [{ name: \":method\", string_match: { exact: ... } }], which has been Envoy's way since 1.14")
        .Check((cluster, node, context) =>
        {
            if (cluster.Headers.Count == 0 && node.Find("pattern") is null && !context.HasErrorAt(node))
                context.Error(node, "virtual clusters must define 'headers'");
        });

    private static readonly FieldTable<VirtualHostConfig> VirtualHost = new FieldTable<VirtualHostConfig>(
            "envoy.config.route.v3.VirtualHost", new VirtualHostConfig { Name = "", Domains = [] })
        .Text("name", h => h.Name, (h, v) => h with { Name = v }, required: true)
        .List("domains", "string", h => h.Domains, (h, v) => h with { Domains = v }, FieldKinds.ReadNonEmpty, required: true)
        .List("routes", h => h.Routes, (h, v) => h with { Routes = v }, RouteReader.Fields)
        .Enum("require_tls", h => h.RequireTls, (h, v) => h with { RequireTls = v }, TlsRequirements)
        .List("virtual_clusters", h => h.VirtualClusters, (h, v) => h with { VirtualClusters = v }, VirtualCluster)
        .List("rate_limits", "RateLimit", h => h.RateLimits, (h, v) => h with { RateLimits = v }, RateLimitReader.TryRead)
        .HeaderMutations(h => h.Headers, (h, v) => h with { Headers = v })
        .FilterOptions(h => h.FilterOptions, (h, v) => h with { FilterOptions = v })
        .Bool("include_request_attempt_count", h => h.IncludeRequestAttemptCount, (h, v) => h with { IncludeRequestAttemptCount = v })
        .Bool("include_attempt_count_in_response", h => h.IncludeAttemptCountInResponse, (h, v) => h with { IncludeAttemptCountInResponse = v })
        .Bool("include_is_timeout_retry_header", h => h.IncludeIsTimeoutRetryHeader, (h, v) => h with { IncludeIsTimeoutRetryHeader = v })
        .Message("retry_policy", h => h.RetryPolicy, (h, v) => h with { RetryPolicy = v }, RetryPolicyReader.Fields)
        .Message("hedge_policy", h => h.HedgePolicy, (h, v) => h with { HedgePolicy = v }, RetryPolicyReader.Hedge)
        .BufferLimit(h => h.RequestBodyBufferLimit, (h, v) => h with { RequestBodyBufferLimit = v })
        .List("request_mirror_policies", h => h.RequestMirrorPolicies, (h, v) => h with { RequestMirrorPolicies = v }, RequestMirrorPolicyReader.Fields)
        .Cors(h => h.FilterOptions, (h, v) => h with { FilterOptions = v })
        .NotYet("matcher", "retry_policy_typed_config")
        .Inert("metadata")
        .Check((host, node, context) =>
        {
            if (host.Routes.Count > 0 && node.Find("matcher") is { } matcher)
                context.Error(matcher, "cannot set both matcher and routes on virtual host");
        });

    public static readonly FieldTable<RouteConfiguration> Fields = new FieldTable<RouteConfiguration>(
            "envoy.config.route.v3.RouteConfiguration", new RouteConfiguration())
        .Text("name", c => c.Name, (c, v) => c with { Name = v })
        .List("virtual_hosts", c => c.VirtualHosts, (c, v) => c with { VirtualHosts = v }, VirtualHost)
        .Bool("validate_clusters", c => c.ValidateClusters, (c, v) => c with { ValidateClusters = v })
        .HeaderMutations(c => c.Headers, (c, v) => c with { Headers = v })
        .List("internal_only_headers", "string", c => c.InternalOnlyHeaders, (c, v) => c with { InternalOnlyHeaders = v }, FieldKinds.ReadNonEmpty)
        .Bool("most_specific_header_mutations_wins", c => c.MostSpecificHeaderMutationsWins, (c, v) => c with { MostSpecificHeaderMutationsWins = v })
        .Number("max_direct_response_body_size_bytes", c => c.MaxDirectResponseBodySizeBytes, (c, v) => c with { MaxDirectResponseBodySizeBytes = v })
        .List("request_mirror_policies", c => c.RequestMirrorPolicies, (c, v) => c with { RequestMirrorPolicies = v }, RequestMirrorPolicyReader.Fields)
        .Bool("ignore_port_in_host_matching", c => c.IgnorePortInHostMatching, (c, v) => c with { IgnorePortInHostMatching = v })
        .Bool("ignore_path_parameters_in_path_matching", c => c.IgnorePathParametersInPathMatching, (c, v) => c with { IgnorePathParametersInPathMatching = v })
        .Text("vhost_header", c => c.VhostHeader, (c, v) => c with { VhostHeader = v })
        .FilterOptions(c => c.FilterOptions, (c, v) => c with { FilterOptions = v })
        .NotYet("vhds", "cluster_specifier_plugins=[]")
        .Inert("metadata");

    /// <summary>Adds <c>request_body_buffer_limit</c> and the name it had before, which counts less where both are there.</summary>
    internal static FieldTable<T> BufferLimit<T>(this FieldTable<T> table, Func<T, ulong?> get, Func<T, ulong, T> set)
        where T : class => table
        .Add(new ConfigField("per_request_buffer_limit_bytes", "uint32", FieldSupport.Supported), _ => null, (T t, ulong v) => get(t) is null ? set(t, v) : t, (ConfigValueReader<ulong>)ReadLimit32)
        .Add(new ConfigField("request_body_buffer_limit", "uint64", FieldSupport.Supported), t => get(t), set, (ConfigValueReader<ulong>)ReadLimit64);

    private static bool ReadLimit32(ConfigNode node, ConfigReadContext context, out ulong value)
    {
        var right = ConfigValues.ReadInteger(node, context, 0, uint.MaxValue, out var number);
        value = (ulong)number;
        return right;
    }

    private static bool ReadLimit64(ConfigNode node, ConfigReadContext context, out ulong value)
    {
        var right = ConfigValues.ReadInteger(node, context, 0, long.MaxValue, out var number);
        value = (ulong)number;
        return right;
    }
}
