using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Filters.Http.Fault;

/// <summary>Reads <c>envoy.extensions.filters.http.fault.v3.HTTPFault</c>. Thread-safe.</summary>
internal static class FaultReader
{
    private static readonly FieldTable<Nothing> Empty = new("envoy.extensions.filters.common.fault.v3.FaultDelay.HeaderDelay", new Nothing());

    private static readonly FieldTable<FaultDelayConfig> Delay = new FieldTable<FaultDelayConfig>("envoy.extensions.filters.common.fault.v3.FaultDelay", new FaultDelayConfig())
        .Duration("fixed_delay", d => d.FixedDelay, (d, v) => d with { FixedDelay = v }, TimeSpan.Zero, above: true)
        .Message("header_delay", _ => null, (d, _) => d, Empty)
        .Percentage(d => d.Percentage, (d, v) => d with { Percentage = v })
        .Inert("type")
        .OneOf(required: true, "fixed_delay", "header_delay");

    private static readonly FieldTable<FaultAbortConfig> Abort = new FieldTable<FaultAbortConfig>("envoy.extensions.filters.http.fault.v3.FaultAbort", new FaultAbortConfig())
        .Number("http_status", a => a.HttpStatus, (a, v) => a with { HttpStatus = v }, 200, 599)
        .Number("grpc_status", a => a.GrpcStatus, (a, v) => a with { GrpcStatus = v })
        .Message("header_abort", _ => null, (a, _) => a, Empty)
        .Percentage(a => a.Percentage, (a, v) => a with { Percentage = v })
        .OneOf(required: true, "http_status", "grpc_status", "header_abort");

    private static readonly FieldTable<Limit> FixedLimit = new FieldTable<Limit>("envoy.extensions.filters.common.fault.v3.FaultRateLimit.FixedLimit", new Limit())
        .Number("limit_kbps", l => l.Kbps, (l, v) => l with { Kbps = v }, least: 1, required: true);

    private static readonly FieldTable<FaultRateLimitConfig> RateLimit = new FieldTable<FaultRateLimitConfig>(
            "envoy.extensions.filters.common.fault.v3.FaultRateLimit", new FaultRateLimitConfig())
        .Message("fixed_limit", _ => null, (r, v) => r with { LimitKbps = v.Kbps }, FixedLimit)
        .Message("header_limit", _ => null, (r, _) => r, Empty)
        .Percentage(r => r.Percentage, (r, v) => r with { Percentage = v })
        .OneOf(required: true, "fixed_limit", "header_limit");

    public static readonly FieldTable<FaultOptions> Fields = new FieldTable<FaultOptions>("envoy.extensions.filters.http.fault.v3.HTTPFault", new FaultOptions())
        .Message("delay", o => o.Delay, (o, v) => o with { Delay = v }, Delay)
        .Message("abort", o => o.Abort, (o, v) => o with { Abort = v }, Abort)
        .Message("response_rate_limit", o => o.ResponseRateLimit, (o, v) => o with { ResponseRateLimit = v }, RateLimit)
        .Text("upstream_cluster", o => o.UpstreamCluster, (o, v) => o with { UpstreamCluster = v })
        .List("headers", "HeaderMatcher", o => o.Headers, (o, v) => o with { Headers = v }, HeaderMatcherReader.TryRead)
        .List("downstream_nodes", "string", o => o.DownstreamNodes, (o, v) => o with { DownstreamNodes = v }, FieldKinds.ReadNonEmpty)
        .Number("max_active_faults", o => o.MaxActiveFaults, (o, v) => o with { MaxActiveFaults = v })
        .Key("delay_percent_runtime", o => o.DelayPercentRuntime, (o, v) => o with { DelayPercentRuntime = v })
        .Key("abort_percent_runtime", o => o.AbortPercentRuntime, (o, v) => o with { AbortPercentRuntime = v })
        .Key("delay_duration_runtime", o => o.DelayDurationRuntime, (o, v) => o with { DelayDurationRuntime = v })
        .Key("abort_http_status_runtime", o => o.AbortHttpStatusRuntime, (o, v) => o with { AbortHttpStatusRuntime = v })
        .Key("abort_grpc_status_runtime", o => o.AbortGrpcStatusRuntime, (o, v) => o with { AbortGrpcStatusRuntime = v })
        .Key("max_active_faults_runtime", o => o.MaxActiveFaultsRuntime, (o, v) => o with { MaxActiveFaultsRuntime = v })
        .Key("response_rate_limit_percent_runtime", o => o.ResponseRateLimitPercentRuntime, (o, v) => o with { ResponseRateLimitPercentRuntime = v })
        .Bool("disable_downstream_cluster_stats", o => o.DisableDownstreamClusterStats, (o, v) => o with { DisableDownstreamClusterStats = v })
        .NotYet("filter_metadata");

    private static FieldTable<T> Percentage<T>(this FieldTable<T> table, Func<T, FractionalPercentConfig> get, Func<T, FractionalPercentConfig, T> set)
        where T : class => table.Message("percentage", "FractionalPercent", get, set, RuntimeFractionReader.TryReadPercent);

    // An empty text leaves the key that Envoy has for it.
    private static FieldTable<FaultOptions> Key(this FieldTable<FaultOptions> table, string name, Func<FaultOptions, string> get, Func<FaultOptions, string, FaultOptions> set) =>
        table.Text(name, get, (o, v) => v.Length == 0 ? o : set(o, v));

    private sealed record Nothing;

    private sealed record Limit
    {
        public uint Kbps { get; init; }
    }
}
