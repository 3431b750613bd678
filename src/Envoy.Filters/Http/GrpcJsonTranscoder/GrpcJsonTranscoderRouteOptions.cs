using Envoy.Extensions;
using Envoy.Routing;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>The transcoder's options for a part of a route table: they replace the filter's own. Immutable.</summary>
public sealed record GrpcJsonTranscoderRouteOptions : RouteFilterOptions
{
    /// <summary>What counts here; without services nothing is transcoded.</summary>
    public GrpcJsonTranscoderOptions Transcoder { get; init; } = new();

    internal static GrpcJsonTranscoderRouteOptions Read(ConfigNode node, ConfigReadContext context) =>
        new() { Transcoder = GrpcJsonTranscoderOptions.Fields.Read(node, context) };

    /// <inheritdoc/>
    protected internal override object Compile() => TranscoderSnapshot.Compile(Transcoder);
}
