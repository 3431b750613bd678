using System.Buffers.Text;
using Envoy.Clusters;
using Envoy.Clusters.Pools;
using Envoy.FilterChains.Http;
using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Routing;

namespace Envoy.Forwarding;

/// <summary>
/// What a route, and the <c>x-envoy-</c> headers of a request that may bring them, make of its exchange. The connection manager has taken those
/// headers off requests that may not.
/// </summary>
internal static class ExchangePlan
{
    public static void Fill(ExchangeOptions options, Cluster cluster, ForwardAction forward, HeaderMap headers, Route route, IHttpStreamHost host)
    {
        options.Cluster = cluster;
        options.Kind = cluster.PoolKindFor(host.StreamInfo.Protocol == "HTTP/2");
        options.ServerName = ServerNames.Of(cluster, headers);
        options.HighPriority = forward.Config.Priority == RoutingPriority.High;
        options.BufferLimit = host.BufferLimit;
        options.KeepLimit = KeepLimit(route, host.BufferLimit);
        options.Hedge = false;
        options.Upgrades = host.IsUpgrading && !host.IsConnecting;
        options.Connects = host.IsConnecting;
        options.Tunnel = forward.Connect is { } connect && (host.IsConnecting || (connect.AllowPost && headers.Get(HeaderId.Method).SequenceEqual("POST"u8))) ? connect : null;
        options.IsGrpc = GrpcContentType.Is(headers.Get(HeaderId.ContentType));
        options.ExcludesCodes = false;
        options.Client = host.Connection;
        options.TellsClient = host.TellsClient;
        options.MayRedirect = forward.Redirects is not null;
        var policy = options.Policy = forward.Retry ?? RetryPolicy.Default;
        FillTimes(options, forward, headers, policy);
        FillRetries(options, headers, policy, host);
        options.Hedge = options.RetryOn != RetryConditions.None && options.PerTryTimeout > 0
            && (forward.Hedge is { HedgeOnPerTryTimeout: true } || headers.TryGet("x-envoy-hedge-on-per-try-timeout"u8, out var hedge) && hedge.SequenceEqual("true"u8));

        // They were for this proxy; the next one must not obey them again.
        headers.Remove(HeaderId.XEnvoyRetryOn);
        headers.Remove(HeaderId.XEnvoyRetryGrpcOn);
        headers.Remove(HeaderId.XEnvoyMaxRetries);
        headers.Remove(HeaderId.XEnvoyUpstreamRqTimeoutMs);
        headers.Remove(HeaderId.XEnvoyUpstreamRqPerTryTimeoutMs);
    }

    /// <summary>What the upstream is told of its time, in milliseconds; 0: nothing.</summary>
    public static long ExpectedTimeout(ExchangeOptions options)
    {
        if (options.Hedge || options.PerTryTimeout == 0)
            return options.Timeout;
        return options.Timeout > 0 ? Math.Min(options.PerTryTimeout, options.Timeout) : options.PerTryTimeout;
    }

    private static void FillTimes(ExchangeOptions options, ForwardAction forward, HeaderMap headers, RetryPolicy policy)
    {
        var ofGrpc = forward.Config.MaxGrpcTimeout is not null && options.IsGrpc;
        options.Timeout = ofGrpc ? TimeoutOfGrpc(forward, headers) : (long)forward.Timeout.TotalMilliseconds;
        options.PerTryTimeout = (long)policy.Config.PerTryTimeout.TotalMilliseconds;
        options.PerTryIdleTimeout = (long)policy.Config.PerTryIdleTimeout.TotalMilliseconds;
        if (TryNumber(headers, HeaderId.XEnvoyUpstreamRqTimeoutMs, out var timeout))
            options.Timeout = (long)timeout;
        if (TryNumber(headers, HeaderId.XEnvoyUpstreamRqPerTryTimeoutMs, out var perTry))
            options.PerTryTimeout = (long)perTry;

        // A try that may last as long as all tries together has no limit of its own.
        if (options.Timeout != 0 && options.PerTryTimeout >= options.Timeout)
            options.PerTryTimeout = 0;
        options.TimeoutStatus = headers.Contains("x-envoy-upstream-rq-timeout-alt-response"u8) ? 204 : 504;
    }

    // The client's own word, as long as the route lets it have its way. Zero is no limit in all of them.
    private static long TimeoutOfGrpc(ForwardAction forward, HeaderMap headers)
    {
        var timeout = GrpcTimeout.Read(headers) ?? 0;
        if (forward.Config.GrpcTimeoutOffset is { } offset && offset.TotalMilliseconds < timeout)
            timeout -= (long)offset.TotalMilliseconds;
        var most = (long)forward.Config.MaxGrpcTimeout!.Value.TotalMilliseconds;
        return most > 0 && (timeout == 0 || timeout > most) ? most : timeout;
    }

    private static void FillRetries(ExchangeOptions options, HeaderMap headers, RetryPolicy policy, IHttpStreamHost host)
    {
        options.RetryOn = policy.Conditions;
        options.Retries = policy.Config.NumRetries;
        options.MoreStatuses = null;
        options.MoreHeaders = null;
        var own = false;
        if (headers.TryGet(HeaderId.XEnvoyRetryOn, out var on))
        {
            own = true;
            options.RetryOn |= RetryConditionNames.ParseHttp(on, out _);
        }

        if (headers.TryGet(HeaderId.XEnvoyRetryGrpcOn, out on))
        {
            own = true;
            options.RetryOn |= RetryConditionNames.ParseGrpc(on, out _);
        }

        if (policy.RetriableRequestHeaders is { } wanted && !wanted.MatchesAny(headers, host.Routes.Scratch))
            options.RetryOn = RetryConditions.None;
        if (options.RetryOn == RetryConditions.None)
            return;
        if (TryNumber(headers, HeaderId.XEnvoyMaxRetries, out var most))
            options.Retries = most;
        if (!own)
            return;
        foreach (var range in (headers.TryGet("x-envoy-retriable-status-codes"u8, out var codes) ? codes : default).Split((byte)','))
        {
            if (Utf8Parser.TryParse(codes[range].Trim((byte)' '), out uint code, out _))
                (options.MoreStatuses ??= []).Add(code);
        }

        foreach (var range in (headers.TryGet("x-envoy-retriable-header-names"u8, out var names) ? names : default).Split((byte)','))
        {
            if (!names[range].Trim((byte)' ').IsEmpty)
                (options.MoreHeaders ??= []).Add(new HeaderName(System.Text.Encoding.ASCII.GetString(names[range].Trim((byte)' '))));
        }
    }

    // A route's limit never exceeds what the connection may hold.
    private static long KeepLimit(Route route, long bufferLimit)
    {
        var most = bufferLimit == 0 ? long.MaxValue : bufferLimit;
        return route.BodyBufferLimit is { } limit ? (long)Math.Min(limit, (ulong)most) : most;
    }

    private static bool TryNumber(HeaderMap headers, HeaderId id, out ulong number)
    {
        number = 0;
        return headers.TryGet(id, out var text) && Utf8Parser.TryParse(text, out number, out var read) && read == text.Length && number <= long.MaxValue;
    }
}
