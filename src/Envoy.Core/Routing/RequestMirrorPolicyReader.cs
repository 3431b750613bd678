using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>Reads <c>envoy.config.route.v3.RouteAction.RequestMirrorPolicy</c>. Thread-safe.</summary>
internal static class RequestMirrorPolicyReader
{
    public static readonly FieldTable<RequestMirrorPolicyConfig> Fields = new FieldTable<RequestMirrorPolicyConfig>(
            "envoy.config.route.v3.RouteAction.RequestMirrorPolicy", new RequestMirrorPolicyConfig())
        .Text("cluster", m => m.Cluster, (m, v) => m with { Cluster = v })
        .Add(
            new ConfigField("cluster_header", "string", FieldSupport.Supported),
            m => m.ClusterHeader,
            (m, v) => m with { ClusterHeader = v },
            (ConfigValueReader<string>)RouteActionReader.ReadHeaderName)
        .Message("runtime_fraction", "RuntimeFractionalPercent", m => m.RuntimeFraction, (m, v) => m with { RuntimeFraction = v }, RuntimeFractionReader.TryRead)
        .Bool("disable_shadow_host_suffix_append", m => m.DisableShadowHostSuffixAppend, (m, v) => m with { DisableShadowHostSuffixAppend = v })
        .Text("host_rewrite_literal", m => m.HostRewriteLiteral, (m, v) => m with { HostRewriteLiteral = v })
        .NotYet("request_headers_mutations=[]")
        .NotYetBut("runtime_key=", "write runtime_fraction: { runtime_key: ..., default_value: ... }, which has been Envoy's way since 1.9")

        // Spans are meant, and without a tracer (which is refused) there are none.
        .Inert("trace_sampled")
        .Check((mirror, node, context) =>
        {
            if (mirror.Cluster.Length > 0 && mirror.ClusterHeader.Length > 0)
                context.Error(node, $"Only one of cluster '{mirror.Cluster}' or cluster_header '{mirror.ClusterHeader}' in request mirror policy can be specified");
            else if (mirror.Cluster.Length == 0 && mirror.ClusterHeader.Length == 0 && !context.HasErrorAt(node))
                context.Error(node, "Exactly one of cluster or cluster_header in request mirror policy need to be specified");
        });
}
