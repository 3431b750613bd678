using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;

namespace Envoy.Filters.Http.GrpcStats;

/// <summary>
/// Options of <c>envoy.filters.http.grpc_stats</c>, which counts calls and messages of gRPC and of the Connect protocol under
/// <c>cluster.NAME.grpc.</c>; at most 1000 methods are told apart on a worker. Immutable.
/// </summary>
public sealed record GrpcStatsOptions : HttpFilterOptions
{
    private static readonly FieldTable<GrpcServiceMethodsConfig> Service = new FieldTable<GrpcServiceMethodsConfig>(
            "envoy.config.core.v3.GrpcMethodList.Service", new GrpcServiceMethodsConfig("", []))
        .Text("name", s => s.Name, (s, v) => s with { Name = v }, required: true)
        .List("method_names", "string", s => s.MethodNames, (s, v) => s with { MethodNames = v }, ConfigValues.ReadString, required: true);

    private static readonly FieldTable<GrpcStatsOptions> MethodList = new FieldTable<GrpcStatsOptions>("envoy.config.core.v3.GrpcMethodList", new GrpcStatsOptions())
        .List("services", o => o.IndividualMethodStatsAllowlist, (o, v) => o with { IndividualMethodStatsAllowlist = v }, Service);

    internal static readonly FieldTable<GrpcStatsOptions> Fields = new FieldTable<GrpcStatsOptions>(
            "envoy.extensions.filters.http.grpc_stats.v3.FilterConfig", new GrpcStatsOptions())
        .Inline("individual_method_stats_allowlist", MethodList)
        .Bool("stats_for_all_methods", o => o.StatsForAllMethods, (o, v) => o with { StatsForAllMethods = v })
        .Bool("enable_upstream_stats", o => o.EnableUpstreamStats, (o, v) => o with { EnableUpstreamStats = v })
        .Bool("replace_dots_in_grpc_service_name", o => o.ReplaceDotsInGrpcServiceName, (o, v) => o with { ReplaceDotsInGrpcServiceName = v })
        .NotYet("emit_filter_state=false")
        .OneOf(required: false, "individual_method_stats_allowlist", "stats_for_all_methods");

    /// <summary>The methods that are told apart; others are counted without a name. Default: none.</summary>
    public ValueList<GrpcServiceMethodsConfig> IndividualMethodStatsAllowlist { get; init; } = [];

    /// <summary>Every method is told apart, whatever clients ask for; instead of <see cref="IndividualMethodStatsAllowlist"/>. Default false.</summary>
    public bool StatsForAllMethods { get; init; }

    /// <summary>Record how long the upstream took, from the request's end to the response's, as <c>upstream_rq_time</c>. Default false.</summary>
    public bool EnableUpstreamStats { get; init; }

    /// <summary>Names of services have <c>_</c> for <c>.</c>; counts with <see cref="StatsForAllMethods"/>. Default false.</summary>
    public bool ReplaceDotsInGrpcServiceName { get; init; }

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (StatsForAllMethods && IndividualMethodStatsAllowlist.Count > 0)
            validation.Error(this, "stats_for_all_methods", "has no place beside individual_method_stats_allowlist");
    }

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new GrpcStatsFilter.Snapshot(this);
}
