using Envoy.Extensions;
using Envoy.Routing;

namespace Envoy.Filters.Http.GrpcHttp1ReverseBridge;

/// <summary>The reverse bridge's options for a part of a route table: none of it. Immutable.</summary>
public sealed record GrpcHttp1ReverseBridgeRouteOptions : RouteFilterOptions
{
    internal static readonly FieldTable<GrpcHttp1ReverseBridgeRouteOptions> Fields = new FieldTable<GrpcHttp1ReverseBridgeRouteOptions>(
            "envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfigPerRoute", new GrpcHttp1ReverseBridgeRouteOptions())
        .Bool("disabled", o => o.Disabled, (o, v) => o with { Disabled = v });

    /// <summary>Requests pass as they are. Default false.</summary>
    public bool Disabled { get; init; }

    /// <inheritdoc/>
    protected internal override object Compile() => this;
}
