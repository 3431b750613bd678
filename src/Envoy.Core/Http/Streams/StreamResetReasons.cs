namespace Envoy.Http.Streams;

/// <summary>Envoy's words for reset reasons, as they stand in bodies and details.</summary>
internal static class StreamResetReasons
{
    public static string Text(StreamResetReason reason) => reason switch
    {
        StreamResetReason.LocalConnectionFailure => "local connection failure",
        StreamResetReason.RemoteConnectionFailure => "remote connection failure",
        StreamResetReason.ConnectionTimeout => "connection timeout",
        StreamResetReason.ConnectionTermination => "connection termination",
        StreamResetReason.LocalReset => "local reset",
        StreamResetReason.Overflow => "overflow",
        StreamResetReason.RemoteReset => "remote reset",
        StreamResetReason.RemoteRefused => "remote refused stream reset",
        StreamResetReason.ConnectError => "remote error with CONNECT request",
        _ => "protocol error",
    };
}
