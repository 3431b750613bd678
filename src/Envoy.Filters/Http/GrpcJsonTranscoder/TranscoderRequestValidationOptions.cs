using Envoy.Extensions;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>What is answered instead of being passed on as it is (<c>RequestValidationOptions</c>). Immutable.</summary>
public sealed record TranscoderRequestValidationOptions
{
    internal static readonly FieldTable<TranscoderRequestValidationOptions> Fields = new FieldTable<TranscoderRequestValidationOptions>(
            "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder.RequestValidationOptions", new TranscoderRequestValidationOptions())
        .Bool("reject_unknown_method", o => o.RejectUnknownMethod, (o, v) => o with { RejectUnknownMethod = v })
        .Bool("reject_unknown_query_parameters", o => o.RejectUnknownQueryParameters, (o, v) => o with { RejectUnknownQueryParameters = v })
        .Bool("reject_binding_body_field_collisions", o => o.RejectBindingBodyFieldCollisions, (o, v) => o with { RejectBindingBodyFieldCollisions = v });

    /// <summary>A request for no method is answered with 404. Default false.</summary>
    public bool RejectUnknownMethod { get; init; }

    /// <summary>A request with a query parameter for no field is answered with 400. Default false.</summary>
    public bool RejectUnknownQueryParameters { get; init; }

    /// <summary>A request whose body says something else of a field than its path or query is answered with 400. Default false: the body counts.</summary>
    public bool RejectBindingBodyFieldCollisions { get; init; }
}
