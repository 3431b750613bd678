using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Http.Http1;

namespace Envoy.ConnectionManager.Streams;

/// <summary>
/// What the connection manager does to a request's headers before the filters see them: hop-by-hop headers go, and what later parts rely on
/// (<c>:scheme</c>, <c>x-forwarded-proto</c>, <c>x-request-id</c>) is there.
/// </summary>
internal static class RequestPreparation
{
    /// <summary>Prepares the headers; the fault, if any, is answered with 400.</summary>
    public static ProtocolError? Prepare(HeaderMap headers, HttpConnectionManagerFactory shared)
    {
        var error = HopByHop.StripRequest(headers, isUpgrade: false);
        if (error is not null)
            return error;
        // Nobody outside may claim to be inside; no address is internal unless configured so.
        headers.Remove(HeaderId.XEnvoyInternal);
        StripControlHeaders(headers);
        foreach (var name in shared.Routes.Table.InternalOnlyHeaders)
            name.RemoveFrom(headers);
        if (!headers.Contains(HeaderId.XForwardedProto))
            headers.SetUnchecked(HeaderId.XForwardedProto, "http"u8);
        if (!headers.Contains(HeaderId.Scheme))
        {
            headers.TryGet(HeaderId.XForwardedProto, out var proto);
            headers.SetUnchecked(HeaderId.Scheme, proto.SequenceEqual("https"u8) ? "https"u8 : "http"u8);
        }

        if (shared.Options.GenerateRequestId && !headers.Contains(HeaderId.XRequestId))
        {
            Span<byte> id = stackalloc byte[RequestIds.Length];
            RequestIds.Write(shared.Worker.Random, id);
            headers.SetUnchecked(HeaderId.XRequestId, id);
        }

        return null;
    }

    // What Envoy obeys from inside it takes away from outside, so that an Envoy behind us does not obey it either.
    private static void StripControlHeaders(HeaderMap headers)
    {
        headers.Remove(HeaderId.XEnvoyRetryOn);
        headers.Remove(HeaderId.XEnvoyRetryGrpcOn);
        headers.Remove(HeaderId.XEnvoyMaxRetries);
        headers.Remove(HeaderId.XEnvoyUpstreamRqTimeoutMs);
        headers.Remove(HeaderId.XEnvoyUpstreamRqPerTryTimeoutMs);
        headers.Remove(HeaderId.XEnvoyExpectedRqTimeoutMs);
        headers.Remove(HeaderId.XEnvoyForceTrace);
        // The rest have no ids; one look over the names tells whether there is any.
        var any = false;
        foreach (var field in headers)
            any |= field.Id == HeaderId.Other && field.Name.StartsWith("x-envoy-"u8);
        if (!any)
            return;
        headers.Remove("x-envoy-retriable-status-codes"u8);
        headers.Remove("x-envoy-retriable-header-names"u8);
        headers.Remove("x-envoy-upstream-alt-stat-name"u8);
        headers.Remove("x-envoy-upstream-rq-timeout-alt-response"u8);
        headers.Remove("x-envoy-ip-tags"u8);
        headers.Remove("x-envoy-original-url"u8);
        headers.Remove("x-envoy-hedge-on-per-try-timeout"u8);
    }
}
