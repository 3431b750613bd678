using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>
/// Reads <c>typed_per_filter_config</c>: a mapping from filters' names to their options, bare or in a <c>FilterConfig</c>. Thread-safe.
/// </summary>
internal static class RouteFilterReader
{
    private const string Category = "envoy.filters.http";
    private const string TypeKey = "@type";
    private const string CorsPolicyType = "envoy.config.route.v3.CorsPolicy";
    private const string WrapperType = "envoy.config.route.v3.FilterConfig";

    private static readonly FieldTable<Wrapper> WrapperFields = new FieldTable<Wrapper>(WrapperType, new Wrapper())
        .Message("config", "Any", w => w.Config, (w, v) => w with { Config = v }, FieldKinds.Keep)
        .Bool("is_optional", w => w.IsOptional, (w, v) => w with { IsOptional = v })
        .Bool("disabled", w => w.Disabled, (w, v) => w with { Disabled = v });

    /// <summary>Adds <c>typed_per_filter_config</c> and its name of 2019, <c>per_filter_config</c>.</summary>
    public static FieldTable<T> FilterOptions<T>(this FieldTable<T> table, Func<T, ValueList<RouteFilterConfig>> get, Func<T, ValueList<RouteFilterConfig>, T> set)
        where T : class => table
        .Add(new ConfigField("typed_per_filter_config", "map of string to Any", FieldSupport.Supported), get, set, (ConfigValueReader<ValueList<RouteFilterConfig>>)TryRead)
        .Add(new ConfigField("per_filter_config", "map of string to Struct (v2)", FieldSupport.Supported), _ => null, set, (ConfigValueReader<ValueList<RouteFilterConfig>>)TryReadUntyped);

    /// <summary>
    /// Adds <c>cors</c>, where the cors filter's policy stood until it moved to <c>typed_per_filter_config</c>: options without a filter's
    /// name, which hold for the filter of their type.
    /// </summary>
    public static FieldTable<T> Cors<T>(this FieldTable<T> table, Func<T, ValueList<RouteFilterConfig>> get, Func<T, ValueList<RouteFilterConfig>, T> set)
        where T : class => table
        .Message("cors", "CorsPolicy", _ => null, (T t, RouteFilterOptions v) => set(t, ValueList.From(get(t).Append(new RouteFilterConfig("", v)))), TryReadCors);

    private static bool TryReadCors(ConfigNode node, ConfigReadContext context, out RouteFilterOptions value)
    {
        value = null!;
        if (Find(CorsPolicyType, context) is null)
            context.Error(node, "'cors' configures Envoy's cors filter, which is not supported yet", kind: ConfigErrorKind.NotSupported);
        else
            value = ReadOptions("", CorsPolicyType, node, node, context)!;
        return value is not null;
    }

    private static bool TryRead(ConfigNode node, ConfigReadContext context, out ValueList<RouteFilterConfig> value) =>
        TryReadMap(node, context, ReadTyped, out value);

    private static bool TryReadUntyped(ConfigNode node, ConfigReadContext context, out ValueList<RouteFilterConfig> value) =>
        TryReadMap(node, context, ReadUntyped, out value);

    private static bool TryReadMap(
        ConfigNode node, ConfigReadContext context, Func<string, ConfigNode, ConfigReadContext, RouteFilterConfig?> read, out ValueList<RouteFilterConfig> value)
    {
        value = [];
        if (node.Kind != ConfigNodeKind.Mapping)
            return ConfigValues.Wrong(node, context, "a mapping from filters' names to their options");
        var filters = new List<RouteFilterConfig>();
        foreach (var entry in node.Entries)
        {
            if (read(entry.Key, entry.Value, context) is not { } filter)
                continue;
            context.Remember(filter, entry.Value);
            filters.Add(filter);
        }

        value = ValueList.From(filters);
        return true;
    }

    private static RouteFilterConfig? ReadTyped(string name, ConfigNode node, ConfigReadContext context)
    {
        if (!ExtensionReader.TryReadMessage(context, node, out var type, out var message))
            return null;
        if (type != WrapperType)
            return ReadOptions(name, type, message, node, context) is { } bare ? Enabled(name, bare) : null;

        var wrapper = WrapperFields.Read(message, context);
        if (wrapper.Disabled)
            return new RouteFilterConfig(name, Options: null) { Disabled = true };
        if (wrapper.Config is null)
        {
            context.Error(node, $"Empty route/virtual host per filter configuration for {name} filter", "write config, or disabled: true");
            return null;
        }

        // An empty one says no more than that the filter runs.
        if (wrapper.Config is { Kind: ConfigNodeKind.Mapping, Entries.Count: 0 })
            return Enabled(name, options: null);
        if (!ExtensionReader.TryReadMessage(context, wrapper.Config, out type, out message))
            return null;
        if (wrapper.IsOptional && Find(type, context) is null)
            return Enabled(name, options: null);
        return ReadOptions(name, type, message, wrapper.Config, context) is { } options ? Enabled(name, options) : null;
    }

    // What is configured runs, even where the connection manager's list has it disabled.
    private static RouteFilterConfig Enabled(string name, RouteFilterOptions? options) => new(name, options) { Disabled = false };

    private static RouteFilterConfig? ReadUntyped(string name, ConfigNode node, ConfigReadContext context)
    {
        if (context.Extensions.FindByName(Category, name) is not IRouteFilterExtension found)
        {
            context.Extensions.ReportName(context, node, Category, "HTTP filter", name);
            return null;
        }

        if (found.RouteTypeUrls.Count == 0)
        {
            ReportNone(name, node, context);
            return null;
        }

        return found.ReadRouteOptions(found.RouteTypeUrls[0], node, context) is { } options ? Enabled(name, options) : null;
    }

    private static RouteFilterOptions? ReadOptions(string name, string type, ConfigNode message, ConfigNode node, ConfigReadContext context)
    {
        // What may stand in a field of its own is no filter's message in the map.
        if ((name.Length == 0 || type != CorsPolicyType) && Find(type, context) is { } found)
        {
            var options = found.ReadRouteOptions(type, message, context);
            if (options is not null)
                context.Remember(options, message);
            return options;
        }

        if (context.Extensions.FindByType(Category, type) is not null)
            ReportNone(name, node, context);
        else if (context.Extensions.KnowsType(type))
            context.Extensions.ReportType(context, node.Find(TypeKey) ?? node, Category, "HTTP filter", type);
        else
            context.Error(node.Find(TypeKey) ?? node, $"Didn't find a registered implementation for '{name}' with type URL: '{type}'", kind: ConfigErrorKind.Unknown);
        return null;
    }

    private static IRouteFilterExtension? Find(string type, ConfigReadContext context)
    {
        foreach (var extension in context.Extensions.Extensions)
        {
            if (extension is IRouteFilterExtension filter && filter.RouteTypeUrls.Contains(type))
                return filter;
        }

        return null;
    }

    private static void ReportNone(string name, ConfigNode node, ConfigReadContext context) =>
        context.Error(node, $"The filter {name} doesn't support virtual host or route specific configurations");

    private sealed record Wrapper
    {
        public ConfigNode? Config { get; init; }

        public bool IsOptional { get; init; }

        public bool Disabled { get; init; }
    }
}
