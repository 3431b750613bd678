namespace Envoy.Http.Headers;

/// <summary>Tells gRPC requests from others.</summary>
internal static class GrpcContentType
{
    /// <summary>Whether a request's content type is gRPC's own (grpc-web, for one, is not): Envoy's rule.</summary>
    public static bool Is(ReadOnlySpan<byte> contentType) =>
        contentType.StartsWith("application/grpc"u8) && (contentType.Length == 16 || contentType[16] == (byte)'+');
}
