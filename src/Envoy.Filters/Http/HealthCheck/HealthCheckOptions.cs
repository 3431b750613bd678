using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Matching;

namespace Envoy.Filters.Http.HealthCheck;

/// <summary>
/// Options of <c>envoy.filters.http.health_check</c>, which answers those that ask whether the proxy, or the service behind it, is well.
/// Immutable.
/// </summary>
public sealed record HealthCheckOptions : HttpFilterOptions
{
    private static readonly FieldTable<Percent> PercentFields = new FieldTable<Percent>("envoy.type.v3.Percent", new Percent(0))
        .Add(
            new ConfigField("value", "double", FieldSupport.Supported) { Limits = "0 to 100" },
            p => p.Value,
            (_, v) => new Percent(v),
            (ConfigNode node, ConfigReadContext context, out double value) =>
            {
                if (!ConfigValues.ReadDouble(node, context, out value))
                    return false;
                if (value is >= 0 and <= 100)
                    return true;
                context.Error(node, "must be 0 to 100");
                return false;
            });

    internal static readonly FieldTable<HealthCheckOptions> Fields = new FieldTable<HealthCheckOptions>(
            "envoy.extensions.filters.http.health_check.v3.HealthCheck", new HealthCheckOptions())
        .Add(
            new ConfigField("pass_through_mode", "bool", FieldSupport.Supported) { IsRequired = true },
            o => o.PassThroughMode,
            (o, v) => o with { PassThroughMode = v },
            (ConfigValueReader<bool>)ConfigValues.ReadBool)
        .Duration("cache_time", o => o.CacheTime, (o, v) => o with { CacheTime = v })
        .Add(
            new ConfigField("cluster_min_healthy_percentages", "map of string to Percent", FieldSupport.Supported),
            o => o.ClusterMinHealthyPercentages,
            (o, v) => o with { ClusterMinHealthyPercentages = v },
            (ConfigValueReader<ValueList<ClusterHealthConfig>>)TryReadPercentages)
        .List("headers", "HeaderMatcher", o => o.Headers, (o, v) => o with { Headers = v }, HeaderMatcherReader.TryRead);

    /// <summary>Health checks go to the upstream, unless the proxy is to be taken out of service or its last answer is still good. To be set in a file; default false.</summary>
    public bool PassThroughMode { get; init; }

    /// <summary>How long the upstream's answer is given again; zero (default): never. Only with <see cref="PassThroughMode"/>.</summary>
    public TimeSpan CacheTime { get; init; }

    /// <summary>The clusters that decide about the answer, without <see cref="PassThroughMode"/>. Default none: always well.</summary>
    public ValueList<ClusterHealthConfig> ClusterMinHealthyPercentages { get; init; } = [];

    /// <summary>A request that meets all of these is a health check; without any, every request is.</summary>
    public ValueList<HeaderMatcherConfig> Headers { get; init; } = [];

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        _ = HeaderMatcherSet.Compile(Headers, (i, error) => validation.ErrorAt(this, $"headers[{i}]", error));
        if (!PassThroughMode && CacheTime > TimeSpan.Zero && !validation.IsRefused(this, "pass_through_mode"))
            validation.Error(this, "cache_time", "cache_time_ms must not be set when path_through_mode is disabled", "leave it out, or set pass_through_mode");
        if (CacheTime < TimeSpan.Zero)
            validation.Error(this, "cache_time", "must be at least 0s");
        foreach (var cluster in ClusterMinHealthyPercentages)
        {
            if (cluster.MinHealthyPercentage is not (>= 0 and <= 100))
                validation.Error(this, "cluster_min_healthy_percentages", $"'{cluster.Cluster}' must have 0 to 100");
        }
    }

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new HealthCheckFilter.Snapshot(this, context);

    private static bool TryReadPercentages(ConfigNode node, ConfigReadContext context, out ValueList<ClusterHealthConfig> value)
    {
        value = [];
        if (node.Kind != ConfigNodeKind.Mapping)
            return ConfigValues.Wrong(node, context, "a mapping from clusters' names to percentages");
        value = ValueList.From(node.Entries.Select(e => new ClusterHealthConfig(e.Key, PercentFields.Read(e.Value, context).Value)));
        return true;
    }

    private sealed record Percent(double Value);
}
