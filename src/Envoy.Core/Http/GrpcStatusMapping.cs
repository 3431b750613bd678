namespace Envoy.Http;

/// <summary>gRPC's own mapping from HTTP statuses (grpc's doc/http-grpc-status-mapping.md), as Envoy uses it.</summary>
internal static class GrpcStatusMapping
{
    public static int FromHttp(int status) => status switch
    {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 or 502 or 503 or 504 => 14,
        _ => 2,
    };

    /// <summary>What a gRPC status is over HTTP (google/rpc/code.proto); one that gRPC does not know is an error of the server.</summary>
    public static int ToHttp(int grpcStatus) => grpcStatus switch
    {
        0 => 200,
        1 => 499,
        3 or 9 or 11 => 400,
        4 => 504,
        5 => 404,
        6 or 10 => 409,
        7 => 403,
        8 => 429,
        12 => 501,
        14 => 503,
        16 => 401,
        _ => 500,
    };
}
