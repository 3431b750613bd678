using Envoy.Http.Headers;
using Envoy.Http.Http1;

namespace Envoy.ConnectionManager.Streams;

/// <summary>What the connection manager does to a response's headers after the filters: Envoy's base headers, and no hop-by-hop ones.</summary>
internal static class ResponseFinishing
{
    public static void Prepare(HeaderMap headers, HeaderMap request, HttpConnectionManagerFactory shared, bool isUpgrade)
    {
        // The upstream's date is kept (RFC 9110 section 6.6.1: a recipient adds one only if there is none).
        if (!headers.Contains(HeaderId.Date))
            headers.SetUnchecked(HeaderId.Date, shared.Date.Value);
        var server = shared.Options.ServerHeaderTransformation;
        if (server == ServerHeaderTransformation.Overwrite || (server == ServerHeaderTransformation.AppendIfAbsent && !headers.Contains(HeaderId.Server)))
            headers.SetUnchecked(HeaderId.Server, shared.Snapshot.ServerName);
        if (shared.Options.AlwaysSetRequestIdInResponse && request.TryGet(HeaderId.XRequestId, out var id))
            headers.SetUnchecked(HeaderId.XRequestId, id);
        RequestPreparation.AppendVia(headers, shared);
        HopByHop.StripResponse(headers, isUpgrade);
    }
}
