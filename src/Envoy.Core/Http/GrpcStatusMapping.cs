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
}
