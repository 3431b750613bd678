namespace Envoy.Filters.Common.Grpc;

/// <summary>The service and the method that a gRPC request's path names: <c>/SERVICE/METHOD</c>.</summary>
internal static class GrpcMethodName
{
    /// <summary>Finds both; false: the path has not just two parts.</summary>
    public static bool TryRead(ReadOnlySpan<byte> path, out ReadOnlySpan<byte> service, out ReadOnlySpan<byte> method)
    {
        service = method = default;
        var query = path.IndexOf((byte)'?');
        if (query >= 0)
            path = path[..query];
        foreach (var range in path.Split((byte)'/'))
        {
            var part = path[range];
            if (part.IsEmpty)
                continue;
            if (service.IsEmpty)
                service = part;
            else if (method.IsEmpty)
                method = part;
            else
                return false;
        }

        return !method.IsEmpty;
    }
}
