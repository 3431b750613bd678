using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Http.Headers;

namespace Envoy.Filters.Http.GrpcHttp1ReverseBridge;

/// <summary>
/// Options of <c>envoy.filters.http.grpc_http1_reverse_bridge</c>, which lets gRPC clients call servers that know HTTP/1.1 and protobuf, but not gRPC.
/// For calls with one request and one response. Immutable.
/// </summary>
public sealed record GrpcHttp1ReverseBridgeOptions : HttpFilterOptions
{
    internal static readonly FieldTable<GrpcHttp1ReverseBridgeOptions> Fields = new FieldTable<GrpcHttp1ReverseBridgeOptions>(
            "envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfig", new GrpcHttp1ReverseBridgeOptions())
        .Text("content_type", o => o.ContentType, (o, v) => o with { ContentType = v }, required: true)
        .Bool("withhold_grpc_frames", o => o.WithholdGrpcFrames, (o, v) => o with { WithholdGrpcFrames = v })
        .Text("response_size_header", o => o.ResponseSizeHeader, (o, v) => o with { ResponseSizeHeader = v });

    /// <summary>The content type that the upstream is sent, and must answer with; such as <c>application/x-protobuf</c>. To be set.</summary>
    public string ContentType { get; init; } = "";

    /// <summary>The upstream gets and sends bare messages: the frame around each is taken away, and added. Default false.</summary>
    public bool WithholdGrpcFrames { get; init; }

    /// <summary>
    /// The header in which the upstream says how long its message is, so that it need not be held until its end; counts with
    /// <see cref="WithholdGrpcFrames"/>. Empty (default): none.
    /// </summary>
    public string ResponseSizeHeader { get; init; } = "";

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (ContentType.Length == 0 && !validation.IsRefused(this, "content_type"))
            validation.Error(this, "content_type", "must not be empty");
        else if (ContentType.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            validation.Error(this, "content_type", "has a byte that no header can hold");
        if (ResponseSizeHeader.Length > 0 && !HeaderName.IsValid(ResponseSizeHeader))
            validation.Error(this, "response_size_header", $"'{ResponseSizeHeader}' is not a header's name");
    }

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new GrpcHttp1ReverseBridgeFilter.Snapshot(this);
}
