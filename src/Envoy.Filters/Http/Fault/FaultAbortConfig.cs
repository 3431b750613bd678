using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Filters.Http.Fault;

/// <summary>
/// How requests are answered at once, and how many of them (<c>FaultAbort</c>): exactly one of <see cref="HttpStatus"/>,
/// <see cref="GrpcStatus"/> and <see cref="FromHeader"/>. Immutable.
/// </summary>
public sealed record FaultAbortConfig
{
    internal static readonly FieldTable<FaultAbortConfig> Fields = new FieldTable<FaultAbortConfig>("envoy.extensions.filters.http.fault.v3.FaultAbort", new FaultAbortConfig())
        .Number("http_status", a => a.HttpStatus, (a, v) => a with { HttpStatus = v }, 200, 599)
        .Number("grpc_status", a => a.GrpcStatus, (a, v) => a with { GrpcStatus = v }, 0, int.MaxValue)
        .FromHeader("header_abort", "HeaderAbort", a => a.FromHeader, a => a with { FromHeader = true })
        .Message("percentage", "FractionalPercent", a => a.Percentage, (a, v) => a with { Percentage = v }, RuntimeFractionReader.TryReadPercent)
        .OneOf(required: true, "http_status", "grpc_status", "header_abort");

    /// <summary>The answer's status, 200 to 599; null: something else decides.</summary>
    public uint? HttpStatus { get; init; }

    /// <summary>The answer's gRPC status, up to 2^31 − 1; a client that does not speak gRPC gets a 200. Null: something else decides.</summary>
    public uint? GrpcStatus { get; init; }

    /// <summary>
    /// The request's <c>x-envoy-fault-abort-request</c> says the status, or its <c>x-envoy-fault-abort-grpc-request</c> the gRPC status;
    /// without them there is no abort. Default false.
    /// </summary>
    public bool FromHeader { get; init; }

    /// <summary>The share of requests. Default none. <c>x-envoy-fault-abort-request-percentage</c> may lower it.</summary>
    public FractionalPercentConfig Percentage { get; init; } = new(0);
}
