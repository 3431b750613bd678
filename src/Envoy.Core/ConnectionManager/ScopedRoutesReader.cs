using Envoy.Extensions;
using Envoy.Routing;

namespace Envoy.ConnectionManager;

/// <summary>Reads <c>http_connection_manager.v3.ScopedRoutes</c>. Thread-safe.</summary>
internal static class ScopedRoutesReader
{
    private static readonly ScopeKeyFragmentConfig NoFragment = new("");
    private static readonly ScopedRouteConfig NoScope = new("", [], new RouteConfiguration());

    private static readonly FieldTable<ScopeKeyFragmentConfig> Element = new FieldTable<ScopeKeyFragmentConfig>(
            "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor.KvElement", NoFragment)
        .Text("separator", f => f.KeySeparator, (f, v) => f with { KeySeparator = v }, required: true)
        .Text("key", f => f.ElementKey, (f, v) => f with { ElementKey = v }, required: true);

    private static readonly FieldTable<ScopeKeyFragmentConfig> Extractor = new FieldTable<ScopeKeyFragmentConfig>(
            "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor", NoFragment)
        .Text("name", f => f.HeaderName, (f, v) => f with { HeaderName = v }, required: true)
        .Text("element_separator", f => f.ElementSeparator, (f, v) => f with { ElementSeparator = v })
        .Number("index", f => f.Index, (f, v) => f with { Index = v })
        .Inline("element", Element)
        .OneOf(required: false, "index", "element");

    private static readonly FieldTable<ScopeKeyFragmentConfig> FragmentBuilder = new FieldTable<ScopeKeyFragmentConfig>(
            "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder", NoFragment)
        .Inline("header_value_extractor", Extractor)
        .OneOf(required: true, "header_value_extractor");

    private static readonly FieldTable<ScopedRoutesConfig> KeyBuilder = new FieldTable<ScopedRoutesConfig>(
            "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder", new ScopedRoutesConfig(""))
        .List("fragments", s => s.ScopeKeyBuilder, (s, v) => s with { ScopeKeyBuilder = v }, FragmentBuilder, required: true);

    private static readonly FieldTable<Fragment> KeyFragment = new FieldTable<Fragment>("envoy.config.route.v3.ScopedRouteConfiguration.Key.Fragment", new Fragment())
        .Text("string_key", f => f.Text, (f, v) => f with { Text = v }, required: true);

    private static readonly FieldTable<ScopedRouteConfig> Key = new FieldTable<ScopedRouteConfig>("envoy.config.route.v3.ScopedRouteConfiguration.Key", NoScope)
        .List("fragments", "Fragment", s => s.Key, (s, v) => s with { Key = v }, ReadFragment, required: true);

    private static readonly FieldTable<ScopedRouteConfig> Scope = new FieldTable<ScopedRouteConfig>("envoy.config.route.v3.ScopedRouteConfiguration", NoScope)
        .Bool("on_demand", _ => null, (s, _) => s)
        .Text("name", s => s.Name, (s, v) => s with { Name = v }, required: true)
        .Message("route_configuration", s => s.RouteConfig, (s, v) => s with { RouteConfig = v }, RouteConfigurationReader.Fields)
        .NotYet("route_configuration_name=")
        .Add(new ConfigField("key", "Key", FieldSupport.Supported) { IsRequired = true }, Key.ReadInto);

    private static readonly FieldTable<ScopedRoutesConfig> ScopeList = new FieldTable<ScopedRoutesConfig>(
            "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRouteConfigurationsList", new ScopedRoutesConfig(""))
        .List("scoped_route_configurations", s => s.Scopes, (s, v) => s with { Scopes = v }, Scope, required: true);

    public static readonly FieldTable<ScopedRoutesConfig> Fields = new FieldTable<ScopedRoutesConfig>(
            "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes", new ScopedRoutesConfig(""))
        .Text("name", s => s.Name, (s, v) => s with { Name = v }, required: true)
        .Inline("scope_key_builder", KeyBuilder)
        .NotYet("rds_config_source")
        .Inline("scoped_route_configurations_list", ScopeList)
        .NotYet("scoped_rds")
        .OneOf(required: true, "scoped_route_configurations_list", "scoped_rds");

    private static bool ReadFragment(ConfigNode node, ConfigReadContext context, out string value)
    {
        value = KeyFragment.Read(node, context).Text;
        return value.Length > 0;
    }

    private sealed record Fragment
    {
        public string Text { get; init; } = "";
    }
}
