using System.Net;
using Envoy.Config.Documents;
using Envoy.Extensions;
using Envoy.Filters;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Routing;
using Envoy.RuntimeSettings;

namespace Envoy.Conformance.Tests.Routes;

/// <summary>A route table read from a file on its own, as the readers of a whole configuration read it.</summary>
internal sealed class RouteTableFile
{
    private RouteTableFile(RouteConfiguration? config, IReadOnlyList<ConfigError> errors)
    {
        Config = config;
        Errors = errors;
    }

    /// <summary>The table; null when it was refused.</summary>
    public RouteConfiguration? Config { get; }

    /// <summary>Why it was refused.</summary>
    public IReadOnlyList<ConfigError> Errors { get; }

    public static RouteTableFile Read(string path)
    {
        var context = new ConfigReadContext(StandardExtensions.Catalogue);
        var node = DocumentReader.Read(File.ReadAllText(path), Path.GetFileName(path), context);
        if (node is null)
            return new RouteTableFile(null, context.Errors);
        var config = RouteConfigurationReader.Fields.Read(node, context);

        // Clusters are not part of these files.
        RouteConfigurationValidation.Validate(config, new ConfigValidation(clusters: null, context));
        return new RouteTableFile(context.HasErrors ? null : config, context.Errors);
    }

    /// <summary>The keys of all shares in the table.</summary>
    public IEnumerable<string> RuntimeKeys() => Config!.VirtualHosts.SelectMany(h => h.Routes)
        .Select(r => r.Match.RuntimeFraction?.RuntimeKey ?? "").Where(k => k.Length > 0).Distinct(StringComparer.Ordinal);

    /// <summary>As Envoy's router_check tool reads it: a share of nothing is one of a hundredth.</summary>
    public RouteTableFile WithLeastShares() => new(Config! with
    {
        VirtualHosts = ValueList.From(Config.VirtualHosts.Select(h => h with
        {
            Routes = ValueList.From(h.Routes.Select(r => r.Match.RuntimeFraction is { DefaultValue.Numerator: 0 } fraction
                ? r with { Match = r.Match with { RuntimeFraction = fraction with { DefaultValue = fraction.DefaultValue with { Numerator = 1 } } } }
                : r)),
        })),
    }, Errors);

    public RouteExplanation Explain(HeaderMap request, HeaderMap response, ulong random, IEnumerable<RuntimeValueConfig> keys)
    {
        var errors = new List<RouteError>();
        var table = RouteTable.Compile(Config!, errors) ?? throw new InvalidOperationException(string.Join("; ", errors));
        var runtime = new RuntimeLoader(new LayeredRuntimeConfig { Layers = [new RuntimeLayerConfig("test") { Values = ValueList.From(keys) }] }, stats: null);
        return RouteExplainer.Explain(new RouteMatcher(table, runtime, new MatchScratch()), request, response, random, Context());
    }

    private static FormatContext Context()
    {
        var context = new FormatContext();
        context.Info.DownstreamRemoteAddress = context.Info.DownstreamDirectRemoteAddress = new IPEndPoint(IPAddress.Loopback, 0);
        return context;
    }
}
