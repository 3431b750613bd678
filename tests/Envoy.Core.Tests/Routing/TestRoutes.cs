using Envoy.Matching;
using Envoy.Routing;
using Envoy.RuntimeSettings;

namespace Envoy.Core.Tests.Routing;

/// <summary>Matchers for tests: over a table, with runtime keys or without.</summary>
internal static class TestRoutes
{
    public static RouteMatcher MatcherOf(RouteTable table, params RuntimeValueConfig[] keys) =>
        new(table, new RuntimeLoader(new LayeredRuntimeConfig { Layers = [new RuntimeLayerConfig("static") { Values = [.. keys] }] }, stats: null), new MatchScratch());
}
