using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;

namespace Envoy.Filters.Http.Router;

/// <summary>Options of <c>envoy.filters.http.router</c>, which does what the matched route says. Immutable.</summary>
public sealed record RouterOptions : HttpFilterOptions
{
    internal static readonly FieldTable<RouterOptions> Fields = new FieldTable<RouterOptions>("envoy.extensions.filters.http.router.v3.Router", new RouterOptions())
        .Bool("dynamic_stats", o => o.DynamicStats, (o, v) => o with { DynamicStats = v })
        .Bool("suppress_envoy_headers", o => o.SuppressEnvoyHeaders, (o, v) => o with { SuppressEnvoyHeaders = v })
        .Bool("reject_connect_request_early_data", o => o.RejectConnectRequestEarlyData, (o, v) => o with { RejectConnectRequestEarlyData = v })
        .Bool("suppress_grpc_request_failure_code_stats", o => o.SuppressGrpcRequestFailureCodeStats, (o, v) => o with { SuppressGrpcRequestFailureCodeStats = v })
        .NotYet("start_child_span=false", "upstream_log=[]", "upstream_log_options", "strict_check_headers=[]", "respect_expected_rq_timeout=false",
            "upstream_http_filters=[]");

    /// <summary>Count what a response says of itself (status classes and the like). Default true.</summary>
    public bool DynamicStats { get; init; } = true;

    /// <summary>Add no <c>x-envoy-</c> header to requests and responses. Default false.</summary>
    public bool SuppressEnvoyHeaders { get; init; }

    /// <summary>Answer 400 to a client that sends data behind CONNECT before it has been granted. Default false: the data waits.</summary>
    public bool RejectConnectRequestEarlyData { get; init; }

    /// <summary>
    /// Of gRPC requests the cluster's <c>upstream_rq_completed</c> counts, but neither statuses nor their classes: they say nothing of how the call went.
    /// Default false.
    /// </summary>
    public bool SuppressGrpcRequestFailureCodeStats { get; init; }

    /// <inheritdoc/>
    public override bool IsTerminal => true;

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new RouterFilter.Snapshot(this);
}
