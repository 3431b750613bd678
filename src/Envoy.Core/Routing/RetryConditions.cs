using System.Text;

namespace Envoy.Routing;

/// <summary>When a request is tried again: Envoy's <c>retry_on</c> and <c>retry_grpc_on</c> names.</summary>
[Flags]
internal enum RetryConditions
{
    None = 0,

    /// <summary><c>5xx</c>: any 5xx, and no answer at all.</summary>
    Status5xx = 1 << 0,

    /// <summary><c>gateway-error</c>: 502, 503, 504.</summary>
    GatewayError = 1 << 1,

    /// <summary><c>connect-failure</c>: no connection.</summary>
    ConnectFailure = 1 << 2,

    /// <summary><c>retriable-4xx</c>: 409.</summary>
    Retriable4xx = 1 << 3,

    /// <summary><c>refused-stream</c>: the upstream did not begin.</summary>
    RefusedStream = 1 << 4,

    /// <summary><c>retriable-status-codes</c>.</summary>
    RetriableStatusCodes = 1 << 5,

    /// <summary><c>retriable-headers</c>.</summary>
    RetriableHeaders = 1 << 6,

    /// <summary><c>reset</c>: no answer at all.</summary>
    Reset = 1 << 7,

    /// <summary><c>reset-before-request</c>: no answer, and the request had not been sent.</summary>
    ResetBeforeRequest = 1 << 8,

    /// <summary><c>envoy-ratelimited</c>: <c>x-envoy-ratelimited</c>.</summary>
    EnvoyRateLimited = 1 << 9,

    /// <summary><c>http3-post-connect-failure</c>; there is no HTTP/3 here, so that it never holds.</summary>
    Http3PostConnectFailure = 1 << 10,

    /// <summary>gRPC's <c>cancelled</c>.</summary>
    GrpcCancelled = 1 << 11,

    /// <summary>gRPC's <c>deadline-exceeded</c>.</summary>
    GrpcDeadlineExceeded = 1 << 12,

    /// <summary>gRPC's <c>resource-exhausted</c>.</summary>
    GrpcResourceExhausted = 1 << 13,

    /// <summary>gRPC's <c>unavailable</c>.</summary>
    GrpcUnavailable = 1 << 14,

    /// <summary>gRPC's <c>internal</c>.</summary>
    GrpcInternal = 1 << 15,
}

/// <summary>Reads <see cref="RetryConditions"/> as a configuration and a header name them.</summary>
internal static class RetryConditionNames
{
    private static readonly (byte[] Name, RetryConditions Condition)[] Http =
    [
        ("5xx"u8.ToArray(), RetryConditions.Status5xx),
        ("gateway-error"u8.ToArray(), RetryConditions.GatewayError),
        ("connect-failure"u8.ToArray(), RetryConditions.ConnectFailure),
        ("retriable-4xx"u8.ToArray(), RetryConditions.Retriable4xx),
        ("refused-stream"u8.ToArray(), RetryConditions.RefusedStream),
        ("retriable-status-codes"u8.ToArray(), RetryConditions.RetriableStatusCodes),
        ("retriable-headers"u8.ToArray(), RetryConditions.RetriableHeaders),
        ("reset"u8.ToArray(), RetryConditions.Reset),
        ("reset-before-request"u8.ToArray(), RetryConditions.ResetBeforeRequest),
        ("envoy-ratelimited"u8.ToArray(), RetryConditions.EnvoyRateLimited),
        ("http3-post-connect-failure"u8.ToArray(), RetryConditions.Http3PostConnectFailure),
    ];

    private static readonly (byte[] Name, RetryConditions Condition)[] Grpc =
    [
        ("cancelled"u8.ToArray(), RetryConditions.GrpcCancelled),
        ("deadline-exceeded"u8.ToArray(), RetryConditions.GrpcDeadlineExceeded),
        ("resource-exhausted"u8.ToArray(), RetryConditions.GrpcResourceExhausted),
        ("unavailable"u8.ToArray(), RetryConditions.GrpcUnavailable),
        ("internal"u8.ToArray(), RetryConditions.GrpcInternal),
    ];

    /// <summary>A policy's <c>retry_on</c>, which takes the names of both lists.</summary>
    public static RetryConditions Parse(string names)
    {
        var bytes = Encoding.UTF8.GetBytes(names);
        return ParseHttp(bytes, out _) | ParseGrpc(bytes, out _);
    }

    /// <summary>What <c>x-envoy-retry-on</c> asks for; names that nobody knows are left out, and <paramref name="allKnown"/> says so.</summary>
    public static RetryConditions ParseHttp(ReadOnlySpan<byte> names, out bool allKnown) => Parse(names, Http, out allKnown);

    /// <summary>What <c>x-envoy-retry-grpc-on</c> asks for.</summary>
    public static RetryConditions ParseGrpc(ReadOnlySpan<byte> names, out bool allKnown) => Parse(names, Grpc, out allKnown);

    private static RetryConditions Parse(ReadOnlySpan<byte> names, (byte[] Name, RetryConditions Condition)[] known, out bool allKnown)
    {
        allKnown = true;
        var conditions = RetryConditions.None;
        foreach (var range in names.Split((byte)','))
        {
            var name = names[range].Trim((byte)' ');
            var found = false;
            foreach (var (text, condition) in known)
            {
                if (!name.SequenceEqual(text))
                    continue;
                conditions |= condition;
                found = true;
            }

            allKnown &= found;
        }

        return conditions;
    }
}
