using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;

namespace Envoy.Filters.Http.GrpcWeb;

/// <summary>
/// Options of <c>envoy.filters.http.grpc_web</c>, which lets browsers call gRPC services: grpc-web and grpc-web-text become gRPC, and back. It has no
/// settings. Immutable.
/// </summary>
public sealed record GrpcWebOptions : HttpFilterOptions
{
    internal static readonly FieldTable<GrpcWebOptions> Fields = new("envoy.extensions.filters.http.grpc_web.v3.GrpcWeb", new GrpcWebOptions());

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new GrpcWebFilter.Snapshot();
}
