using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;

namespace Envoy.Filters.Http.GrpcHttp1Bridge;

/// <summary>
/// Options of <c>envoy.filters.http.grpc_http1_bridge</c>, which lets clients without trailers call gRPC services over HTTP/1.1: the status comes in the
/// response's headers, for which the response is held until it is complete. Immutable.
/// </summary>
public sealed record GrpcHttp1BridgeOptions : HttpFilterOptions
{
    internal static readonly FieldTable<GrpcHttp1BridgeOptions> Fields = new FieldTable<GrpcHttp1BridgeOptions>(
            "envoy.extensions.filters.http.grpc_http1_bridge.v3.Config", new GrpcHttp1BridgeOptions())
        .Bool("upgrade_protobuf_to_grpc", o => o.UpgradeProtobufToGrpc, (o, v) => o with { UpgradeProtobufToGrpc = v })
        .Bool("ignore_query_parameters", o => o.IgnoreQueryParameters, (o, v) => o with { IgnoreQueryParameters = v });

    /// <summary>
    /// A request of <c>application/x-protobuf</c>, whose body is one message, becomes a gRPC request, and its response's body the bare message. Default false.
    /// </summary>
    public bool UpgradeProtobufToGrpc { get; init; }

    /// <summary>What follows a <c>?</c> in the path of a bridged request is dropped, since gRPC servers would not know the method. Default false.</summary>
    public bool IgnoreQueryParameters { get; init; }

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new GrpcHttp1BridgeFilter.Snapshot(this);
}
