using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Matching;

namespace Envoy.Filters.Http.HealthCheck;

/// <summary><c>envoy.filters.http.health_check</c> in the catalogue. Immutable.</summary>
internal sealed class HealthCheckExtension : HttpFilterExtension
{
    private static readonly FieldTable<Percent> PercentFields = new FieldTable<Percent>("envoy.type.v3.Percent", new Percent(0))
        .Add(
            new ConfigField("value", "double", FieldSupport.Supported) { Limits = "0 to 100" },
            p => p.Value,
            (_, v) => new Percent(v),
            (ConfigValueReader<double>)ReadDouble);

    private static readonly FieldTable<HealthCheckOptions> Fields = new FieldTable<HealthCheckOptions>(
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
            (ConfigValueReader<ValueList<ClusterHealthConfig>>)ReadClusters)
        .List("headers", "HeaderMatcher", o => o.Headers, (o, v) => o with { Headers = v }, HeaderMatcherReader.TryRead)
        .NotYetBut("endpoint", "write headers: [{ name: \":path\", string_match: { exact: ... } }], which has been Envoy's way since 1.7");

    /// <inheritdoc/>
    public override string Name => "envoy.filters.http.health_check";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.health_check"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls =>
        ["envoy.extensions.filters.http.health_check.v3.HealthCheck", "envoy.config.filter.http.health_check.v2.HealthCheck"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(HealthCheckOptions);

    /// <inheritdoc/>
    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => Fields.Read(node, context);

    private static bool ReadClusters(ConfigNode node, ConfigReadContext context, out ValueList<ClusterHealthConfig> value)
    {
        value = [];
        if (node.Kind != ConfigNodeKind.Mapping)
            return ConfigValues.Wrong(node, context, "a mapping from clusters' names to percentages");
        value = ValueList.From(node.Entries.Select(e => new ClusterHealthConfig(e.Key, PercentFields.Read(e.Value, context).Value)));
        return true;
    }

    private static bool ReadDouble(ConfigNode node, ConfigReadContext context, out double value)
    {
        value = 0;
        if (node.Kind == ConfigNodeKind.Scalar
            && double.TryParse(node.Value, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out value) && double.IsFinite(value))
            return true;
        return ConfigValues.Wrong(node, context, "a number");
    }

    private sealed record Percent(double Value);
}
