using System.Buffers.Text;

namespace Envoy.Http.Headers;

/// <summary>The <c>grpc-status</c> header, or trailer, as a number.</summary>
internal static class GrpcStatusHeader
{
    private const int MostKnown = 16;

    /// <summary>The status; -1 where it is none that gRPC knows; null: there is no such header.</summary>
    public static int? Read(HeaderMap headers)
    {
        if (!headers.TryGet(HeaderId.GrpcStatus, out var text) || text.IsEmpty)
            return null;
        return Utf8Parser.TryParse(text, out uint status, out var read) && read == text.Length && status <= MostKnown ? (int)status : -1;
    }
}
