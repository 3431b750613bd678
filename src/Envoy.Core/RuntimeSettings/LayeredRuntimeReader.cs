using System.Globalization;
using Envoy.Extensions;

namespace Envoy.RuntimeSettings;

/// <summary>Reads <c>envoy.config.bootstrap.v3.LayeredRuntime</c>. Thread-safe.</summary>
internal static class LayeredRuntimeReader
{
    private static readonly FieldTable<Nothing> Admin = new("envoy.config.bootstrap.v3.RuntimeLayer.AdminLayer", new Nothing());

    private static readonly FieldTable<RuntimeLayerConfig> Layer = new FieldTable<RuntimeLayerConfig>("envoy.config.bootstrap.v3.RuntimeLayer", new RuntimeLayerConfig(""))
        .Text("name", l => l.Name, (l, v) => l with { Name = v }, required: true)
        .Add(
            new ConfigField("static_layer", "Struct", FieldSupport.Supported),
            l => l.Values,
            (l, v) => l with { Values = v },
            (ConfigValueReader<ValueList<RuntimeValueConfig>>)ReadValues)
        .Message("admin_layer", l => l.IsAdmin ? new Nothing() : null, (l, _) => l with { IsAdmin = true }, Admin)
        .NotYet("disk_layer", "rtds_layer")
        .OneOf(required: true, "static_layer", "admin_layer", "disk_layer", "rtds_layer");

    public static readonly FieldTable<LayeredRuntimeConfig> Fields = new FieldTable<LayeredRuntimeConfig>("envoy.config.bootstrap.v3.LayeredRuntime", new LayeredRuntimeConfig())
        .List("layers", c => c.Layers, (c, v) => c with { Layers = v }, Layer)
        .Check((config, node, context) =>
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            var admins = 0;
            foreach (var layer in config.Layers)
            {
                if (!names.Add(layer.Name))
                    context.Error(node.Find("layers") ?? node, $"Duplicate layer name: {layer.Name}");
                if (layer.IsAdmin && ++admins == 2)
                    context.Error(node.Find("layers") ?? node, "Too many admin layers specified in LayeredRuntime, at most one may be specified");
            }
        });

    /// <summary>2019's <c>runtime</c>: layers in directories, and since late in that year a <c>base</c> of values.</summary>
    public static readonly FieldTable<LayeredRuntimeConfig> Old = new FieldTable<LayeredRuntimeConfig>("envoy.config.bootstrap.v3.Runtime", new LayeredRuntimeConfig())
        .Add(
            new ConfigField("base", "Struct", FieldSupport.Supported),
            _ => null,
            (c, v) => c with { Layers = [new RuntimeLayerConfig("base") { Values = v }, new RuntimeLayerConfig("admin") { IsAdmin = true }] },
            (ConfigValueReader<ValueList<RuntimeValueConfig>>)ReadValues)
        .NotYet("symlink_root=", "subdirectory=", "override_subdirectory=");

    private static bool ReadValues(ConfigNode node, ConfigReadContext context, out ValueList<RuntimeValueConfig> value)
    {
        value = [];
        if (node.Kind != ConfigNodeKind.Mapping)
            return ConfigValues.Wrong(node, context, "a mapping of keys and values");
        var values = new List<RuntimeValueConfig>();
        Walk(node, "", values, context);
        value = ValueList.From(values);
        return true;
    }

    private static void Walk(ConfigNode node, string prefix, List<RuntimeValueConfig> values, ConfigReadContext context)
    {
        foreach (var entry in node.Entries)
        {
            var key = prefix.Length == 0 ? entry.Key : prefix + "." + entry.Key;
            switch (entry.Value.Kind)
            {
                case ConfigNodeKind.Scalar:
                    values.Add(new RuntimeValueConfig(key, entry.Value.Value));
                    break;
                case ConfigNodeKind.Mapping when entry.Value.Find("numerator") is not null || entry.Value.Find("denominator") is not null:
                    if (ReadFraction(entry.Value, context, out var fraction))
                        values.Add(new RuntimeValueConfig(key, fraction));
                    break;
                case ConfigNodeKind.Mapping:
                    Walk(entry.Value, key, values, context);
                    break;
                case ConfigNodeKind.Null or ConfigNodeKind.List:
                    context.Error(entry.Value, $"Invalid runtime entry value for {key}");
                    break;
            }
        }
    }

    private static bool ReadFraction(ConfigNode node, ConfigReadContext context, out string fraction)
    {
        fraction = "";
        long numerator = 0;
        if (node.Find("numerator") is { } given && !ConfigValues.ReadInteger(given, context, 0, uint.MaxValue, out numerator))
            return false;
        var denominator = node.Find("denominator")?.Value.ToUpperInvariant() switch
        {
            null or "HUNDRED" or "0" => 100,
            "TEN_THOUSAND" or "1" => 10_000,
            "MILLION" or "2" => 1_000_000,
            _ => 0,
        };
        if (denominator == 0)
            return ConfigValues.Wrong(node.Find("denominator")!, context, "one of HUNDRED, TEN_THOUSAND, MILLION");
        fraction = string.Create(CultureInfo.InvariantCulture, $"{numerator}/{denominator}");
        return true;
    }

    private sealed record Nothing;
}
