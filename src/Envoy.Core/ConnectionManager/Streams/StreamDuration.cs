using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Routing;

namespace Envoy.ConnectionManager.Streams;

/// <summary>How long a stream may last: the route's word, a gRPC client's, or the connection manager's.</summary>
internal static class StreamDuration
{
    /// <summary>The limit in milliseconds from the stream's beginning, -1: none. A gRPC client's is written back as it counts here.</summary>
    public static long Of(Route? route, HeaderMap headers, TimeSpan? ofManager)
    {
        if (route?.Action is not ForwardAction { Config.MaxStreamDuration: { } config })
            return Positive(ofManager);
        if (config.GrpcTimeoutHeaderMax is not { } most || GrpcTimeout.Read(headers) is not { } timeout)
            return config.MaxStreamDuration is { } limit ? Positive(limit) : Positive(ofManager);
        if (most > TimeSpan.Zero)
            timeout = Math.Min(timeout, (long)most.TotalMilliseconds);
        if (timeout > 0 && config.GrpcTimeoutHeaderOffset is { } offset)
            timeout = Math.Max(0, timeout - (long)offset.TotalMilliseconds);
        GrpcTimeout.Write(headers, timeout);
        return timeout;
    }

    private static long Positive(TimeSpan? limit) => limit > TimeSpan.Zero ? (long)limit.Value.TotalMilliseconds : -1;
}
