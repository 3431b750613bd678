using Envoy.Formatting;
using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Http.Http1;
using Envoy.Net;

namespace Envoy.ConnectionManager.Streams;

/// <summary>
/// What the connection manager does to a request's headers before the filters see them: hop-by-hop headers go, and what later parts rely on
/// (<c>:scheme</c>, <c>x-forwarded-proto</c>, <c>x-request-id</c>) is there.
/// </summary>
internal static class RequestPreparation
{
    /// <summary>Prepares the headers; the fault, if any, is answered with 400.</summary>
    public static ProtocolError? Prepare(HeaderMap headers, HttpConnectionManagerFactory shared, HttpConnectionManager? manager, StreamInfo info, bool isUpgrade)
    {
        var connection = manager?.Connection;
        var isTls = connection?.Tls is not null;
        var options = shared.Options;
        var error = HopByHop.StripRequest(headers, isUpgrade) ?? Underscores(headers, shared);
        if (error is not null)
            return error;
        info.DownstreamRemoteAddress = shared.Clients.Apply(headers, shared.Snapshot, connection);
        var isInternal = shared.Clients.IsInternal;
        var isEdge = !isInternal && options.UseRemoteAddress;
        ForwardClientCert(headers, options, manager);

        // Nobody before us is trusted to say how the client reached us, unless hops are.
        if (options.UseRemoteAddress && options.XffNumTrustedHops == 0)
            headers.SetUnchecked(HeaderId.XForwardedProto, isTls ? "https"u8 : "http"u8);
        // At the edge nobody outside names himself.
        if (isEdge)
        {
            headers.Remove("x-envoy-downstream-service-cluster"u8);
            headers.Remove("x-envoy-downstream-service-node"u8);
        }

        // Nobody outside may claim to be inside; no address is internal unless configured so.
        if (isInternal)
        {
            headers.SetUnchecked(HeaderId.XEnvoyInternal, "true"u8);
        }
        else
        {
            headers.Remove(HeaderId.XEnvoyInternal);
            StripControlHeaders(headers);
            foreach (var name in shared.RoutesFor(headers).Table.InternalOnlyHeaders)
                name.RemoveFrom(headers);
        }

        if (options.AddUserAgent)
            AddUserAgent(headers, shared.Snapshot);
        if (!headers.Contains(HeaderId.XForwardedProto))
            headers.SetUnchecked(HeaderId.XForwardedProto, isTls ? "https"u8 : "http"u8);
        if (shared.Snapshot.Scheme.Length > 0)
        {
            headers.SetUnchecked(HeaderId.Scheme, shared.Snapshot.Scheme);
        }
        else if (!headers.Contains(HeaderId.Scheme))
        {
            headers.TryGet(HeaderId.XForwardedProto, out var proto);
            var isHttps = proto.SequenceEqual("https"u8) || (isTls && !proto.SequenceEqual("http"u8));
            headers.SetUnchecked(HeaderId.Scheme, isHttps ? "https"u8 : "http"u8);
        }

        // At the edge an id from outside is not believed.
        var replaceId = isEdge && !options.PreserveExternalRequestId;
        if (options.GenerateRequestId && (replaceId || !headers.Contains(HeaderId.XRequestId)))
        {
            Span<byte> id = stackalloc byte[RequestIds.Length];
            RequestIds.Write(shared.Worker.Random, id);
            headers.SetUnchecked(HeaderId.XRequestId, id);
        }

        AppendVia(headers, shared);
        return null;
    }

    /// <summary>Says in <c>via</c> that the message came this way (RFC 9110 section 7.6.3), where that is asked for.</summary>
    public static void AppendVia(HeaderMap headers, HttpConnectionManagerFactory shared)
    {
        var own = shared.Snapshot.Via;
        if (own.Length == 0)
            return;
        var value = shared.Value;
        value.Clear();
        foreach (var field in headers)
        {
            if (field.Id != HeaderId.Via)
                continue;
            value.Append(field.Value);
            value.Append(", "u8);
        }

        value.Append(own);
        headers.SetUnchecked(HeaderId.Via, value.Written);
    }

    // As Envoy's mutateXfccRequestHeader: without a client's certificate only what always passes does.
    private static void ForwardClientCert(HeaderMap headers, HttpConnectionManagerOptions options, HttpConnectionManager? manager)
    {
        var mode = options.ForwardClientCertDetails;
        if (mode == ForwardClientCertDetails.AlwaysForwardOnly)
            return;
        if (mode == ForwardClientCertDetails.Sanitize || manager?.Connection.Tls is not { Peer: not null })
        {
            headers.Remove(HeaderId.XForwardedClientCert);
            return;
        }

        if (mode == ForwardClientCertDetails.SanitizeSet)
        {
            headers.SetUnchecked(HeaderId.XForwardedClientCert, manager.ClientCert);
        }
        else if (mode == ForwardClientCertDetails.AppendForward)
        {
            var value = manager.Shared.Value;
            value.Clear();
            foreach (var field in headers)
            {
                if (field.Id != HeaderId.XForwardedClientCert)
                    continue;
                value.Append(field.Value);
                value.Append(","u8);
            }

            value.Append(manager.ClientCert);
            headers.SetUnchecked(HeaderId.XForwardedClientCert, value.Written);
        }
    }

    private static void AddUserAgent(HeaderMap headers, HttpConnectionManagerSnapshot snapshot)
    {
        headers.Set("x-envoy-downstream-service-cluster"u8, snapshot.NodeCluster);
        if (!headers.Contains(HeaderId.UserAgent))
            headers.SetUnchecked(HeaderId.UserAgent, snapshot.NodeCluster);
        if (snapshot.NodeId.Length > 0)
            headers.Set("x-envoy-downstream-service-node"u8, snapshot.NodeId);
    }

    /// <summary>What becomes of headers, or trailers, with an underscore in their names.</summary>
    public static ProtocolError? Underscores(HeaderMap headers, HttpConnectionManagerFactory shared)
    {
        var action = shared.Options.HeadersWithUnderscoresAction;
        if (action == HeadersWithUnderscoresAction.Allow)
            return null;
        var count = 0;
        foreach (var field in headers)
            count += field.Name.Contains((byte)'_') ? 1 : 0;
        if (count == 0)
            return null;
        if (action == HeadersWithUnderscoresAction.RejectRequest)
        {
            shared.RejectedWithUnderscoresInHeaders.Inc();
            return Http1Errors.Underscore;
        }

        shared.DroppedHeadersWithUnderscores.Add(count);
        // Removing leaves a tombstone and moves nothing, so the walk goes on.
        foreach (var field in headers)
        {
            if (field.Name.Contains((byte)'_'))
                headers.Remove(field.Name);
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
