using System.Numerics;
using Envoy.Buffers;

namespace Envoy.Formatting;

/// <summary>The short and long names of response flags, in Envoy's order.</summary>
internal static class ResponseFlagNames
{
    private static readonly (string Short, string Long)[] Names =
    [
        ("LH", "FailedLocalHealthCheck"), ("UH", "NoHealthyUpstream"), ("UT", "UpstreamRequestTimeout"), ("LR", "LocalReset"),
        ("UR", "UpstreamRemoteReset"), ("UF", "UpstreamConnectionFailure"), ("UC", "UpstreamConnectionTermination"), ("UO", "UpstreamOverflow"),
        ("NR", "NoRouteFound"), ("DI", "DelayInjected"), ("FI", "FaultInjected"), ("RL", "RateLimited"), ("UAEX", "UnauthorizedExternalService"),
        ("RLSE", "RateLimitServiceError"), ("DC", "DownstreamConnectionTermination"), ("URX", "UpstreamRetryLimitExceeded"), ("SI", "StreamIdleTimeout"),
        ("IH", "InvalidEnvoyRequestHeaders"), ("DPE", "DownstreamProtocolError"), ("UMSDR", "UpstreamMaxStreamDurationReached"),
        ("RFCF", "ResponseFromCacheFilter"), ("NFCF", "NoFilterConfigFound"), ("DT", "DurationTimeout"), ("UPE", "UpstreamProtocolError"),
        ("NC", "NoClusterFound"), ("OM", "OverloadManagerTerminated"), ("DF", "DnsResolutionFailed"), ("DO", "DropOverload"),
        ("DR", "DownstreamRemoteReset"), ("UDO", "UnconditionalDropOverload"),
    ];

    /// <summary>The flag of a short name; false when there is none.</summary>
    public static bool TryParse(string name, out ResponseFlags flag)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            if (Names[i].Short != name)
                continue;
            flag = (ResponseFlags)(1 << i);
            return true;
        }

        flag = ResponseFlags.None;
        return false;
    }

    /// <summary>Writes the names with commas between them; false when there is none to write.</summary>
    public static bool Write(ResponseFlags flags, bool longNames, ByteSink output)
    {
        var left = (uint)flags;
        if (left == 0)
            return false;
        var first = true;
        while (left != 0)
        {
            var index = BitOperations.TrailingZeroCount(left);
            left &= left - 1;
            if (!first)
                output.Append((byte)',');
            first = false;
            output.Append(longNames ? Names[index].Long : Names[index].Short);
        }

        return true;
    }
}
