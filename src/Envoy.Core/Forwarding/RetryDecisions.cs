using System.Buffers.Text;
using System.Globalization;
using Envoy.Http.Headers;
using Envoy.Http.Streams;
using Envoy.Matching;
using Envoy.Routing;

namespace Envoy.Forwarding;

/// <summary>Whether an answer, or the lack of one, is a reason to try again: Envoy's rules.</summary>
internal static class RetryDecisions
{
    private const RetryConditions AnyGrpc = RetryConditions.GrpcCancelled | RetryConditions.GrpcDeadlineExceeded | RetryConditions.GrpcResourceExhausted
        | RetryConditions.GrpcUnavailable | RetryConditions.GrpcInternal;

    public static bool FromHeaders(ExchangeOptions options, int status, HeaderMap headers, MatchScratch scratch)
    {
        var on = options.RetryOn;

        // A rate limit is meant: only who asks for it tries again, whatever the status says.
        if (headers.Contains(HeaderId.XEnvoyRatelimited))
            return (on & RetryConditions.EnvoyRateLimited) != 0;
        if ((on & RetryConditions.Status5xx) != 0 && status is >= 500 and < 600)
            return true;
        if ((on & RetryConditions.GatewayError) != 0 && status is 502 or 503 or 504)
            return true;
        if ((on & RetryConditions.Retriable4xx) != 0 && status == 409)
            return true;
        if ((on & RetryConditions.RetriableStatusCodes) != 0 && IsListed(options, (uint)status))
            return true;
        if ((on & RetryConditions.RetriableHeaders) != 0 && HasHeader(options, headers, scratch))
            return true;
        return (on & AnyGrpc) != 0 && FromGrpcStatus(on, headers);
    }

    public static bool FromReset(ExchangeOptions options, StreamResetReason reason, bool requestStarted)
    {
        var on = options.RetryOn;
        switch (reason)
        {
            // What was not even begun because of a limit is not begun again because of a retry.
            case StreamResetReason.Overflow:
                return false;
            case StreamResetReason.RemoteRefused when (on & RetryConditions.RefusedStream) != 0:
                return true;
            case StreamResetReason.LocalConnectionFailure or StreamResetReason.RemoteConnectionFailure or StreamResetReason.ConnectionTimeout:
                return (on & (RetryConditions.ConnectFailure | RetryConditions.Status5xx | RetryConditions.GatewayError | RetryConditions.Reset)) != 0
                    || ((on & RetryConditions.ResetBeforeRequest) != 0 && !requestStarted);
            default:
                return (on & (RetryConditions.Status5xx | RetryConditions.GatewayError | RetryConditions.Reset)) != 0
                    || ((on & RetryConditions.ResetBeforeRequest) != 0 && !requestStarted);
        }
    }

    /// <summary>In how many milliseconds a rate-limited upstream wants to be asked again; 0: it does not say, or too late.</summary>
    public static long ResetInterval(RetryPolicy policy, HeaderMap headers, DateTimeOffset now)
    {
        var most = (long)policy.Config.RateLimitMaxInterval.TotalMilliseconds;
        for (var i = 0; i < policy.ResetHeaders.Length; i++)
        {
            if (!policy.ResetHeaders[i].TryGet(headers, out var text) || !Utf8Parser.TryParse(text, out long seconds, out var read) || read != text.Length || seconds < 0)
                continue;
            var wait = seconds;
            if (policy.Config.RateLimitResetHeaders[i].Format == RateLimitResetFormat.UnixTimestamp)
                wait = seconds - now.ToUnixTimeSeconds();
            if (wait > 0 && wait <= most / 1000)
                return wait * 1000;
        }

        return 0;
    }

    private static bool IsListed(ExchangeOptions options, uint status)
    {
        foreach (var code in options.Policy.Config.RetriableStatusCodes.AsSpan())
        {
            if (code == status)
                return true;
        }

        return options.MoreStatuses?.Contains(status) == true;
    }

    private static bool HasHeader(ExchangeOptions options, HeaderMap headers, MatchScratch scratch)
    {
        if (options.Policy.RetriableHeaders?.MatchesAny(headers, scratch) == true)
            return true;
        foreach (var name in options.MoreHeaders ?? [])
        {
            if (name.IsIn(headers))
                return true;
        }

        return false;
    }

    // Only what the headers say: by the time trailers come the response is under way.
    private static bool FromGrpcStatus(RetryConditions on, HeaderMap headers) =>
        headers.TryGet(HeaderId.GrpcStatus, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status switch
        {
            1 => (on & RetryConditions.GrpcCancelled) != 0,
            4 => (on & RetryConditions.GrpcDeadlineExceeded) != 0,
            8 => (on & RetryConditions.GrpcResourceExhausted) != 0,
            13 => (on & RetryConditions.GrpcInternal) != 0,
            14 => (on & RetryConditions.GrpcUnavailable) != 0,
            _ => false,
        };
}
