using Envoy.Http.Headers;

namespace Envoy.Http.Http1;

/// <summary>
/// Removes what belongs to one connection and not to the message (RFC 9110 section 7.6.1): <c>Connection</c>, what it names,
/// <c>Keep-Alive</c>, <c>Proxy-Connection</c>, <c>Transfer-Encoding</c>, <c>Upgrade</c>, and <c>TE</c> but for <c>trailers</c>. Envoy does the
/// first part in its codec and the rest in the connection manager. Immutable.
/// </summary>
internal static class HopByHop
{
    // Envoy's bounds on a request's Connection header.
    private const int MaxNominated = 10;
    private const int MaxTransferCodingsBytes = 256;

    // No header name that we would find is longer; a longer token cannot name one that matters.
    private const int MaxNameBytes = 256;

    /// <summary>Strips a request; the fault, if any, is answered with 400.</summary>
    /// <param name="headers">The request's headers.</param>
    /// <param name="isUpgrade">It asks for an upgrade that is passed on: then <c>Connection</c> and <c>Upgrade</c> stay.</param>
    public static ProtocolError? StripRequest(HeaderMap headers, bool isUpgrade)
    {
        if (!isUpgrade)
        {
            if (headers.Contains(HeaderId.Connection))
            {
                if (!CheckNominated(headers))
                    return Http1Errors.ConnectionHeader;
                RemoveNominated(headers, isRequest: true);
                headers.Remove(HeaderId.Connection);
            }

            if (headers.Remove(HeaderId.Upgrade))
                headers.Remove(HeaderId.Http2Settings);
            KeepTrailersOnly(headers);
        }

        headers.Remove(HeaderId.KeepAlive);
        headers.Remove(HeaderId.ProxyConnection);
        headers.Remove(HeaderId.TransferEncoding);
        return null;
    }

    /// <summary>Strips a response.</summary>
    /// <param name="headers">The response's headers.</param>
    /// <param name="isUpgrade">It grants an upgrade: then <c>Connection</c> and <c>Upgrade</c> stay.</param>
    public static void StripResponse(HeaderMap headers, bool isUpgrade)
    {
        if (!isUpgrade)
        {
            if (headers.Contains(HeaderId.Connection))
            {
                RemoveNominated(headers, isRequest: false);
                headers.Remove(HeaderId.Connection);
            }

            headers.Remove(HeaderId.Upgrade);
        }

        headers.Remove(HeaderId.KeepAlive);
        headers.Remove(HeaderId.ProxyConnection);
        headers.Remove(HeaderId.TransferEncoding);
    }

    /// <summary>Whether nobody uses <c>Connection</c> to make us drop what tells where a request came from or goes to.</summary>
    private static bool CheckNominated(HeaderMap headers)
    {
        var count = 0;
        foreach (var field in headers)
        {
            if (field.Id != HeaderId.Connection)
                continue;
            var list = field.Value;
            while (AsciiBytes.TryTakeListElement(ref list, out var token))
            {
                if (++count >= MaxNominated
                    || token.Length > MaxNameBytes
                    || token[0] == (byte)':'
                    || AsciiBytes.EqualsIgnoreCase(token, "host"u8)
                    || AsciiBytes.EqualsIgnoreCase(token, "x-forwarded-for"u8)
                    || AsciiBytes.EqualsIgnoreCase(token, "x-forwarded-host"u8)
                    || AsciiBytes.EqualsIgnoreCase(token, "x-forwarded-proto"u8))
                    return false;
                if (AsciiBytes.EqualsIgnoreCase(token, "te"u8) && headers.Get(HeaderId.TE).Length >= MaxTransferCodingsBytes)
                    return false;
            }
        }

        return true;
    }

    private static void RemoveNominated(HeaderMap headers, bool isRequest)
    {
        Span<byte> name = stackalloc byte[MaxNameBytes];
        // Removing leaves a tombstone and moves nothing, so the walk and the spans stay good.
        foreach (var field in headers)
        {
            if (field.Id != HeaderId.Connection)
                continue;
            var list = field.Value;
            while (AsciiBytes.TryTakeListElement(ref list, out var token))
            {
                if (token.Length > MaxNameBytes)
                    continue;
                for (var i = 0; i < token.Length; i++)
                    name[i] = AsciiBytes.ToLower(token[i]);
                switch (HeaderNames.Find(name[..token.Length]))
                {
                    // The walk stands on it, and it goes anyway; TE keeps "trailers".
                    case HeaderId.Connection or HeaderId.TE when isRequest:
                    case HeaderId.Connection:
                        break;
                    // A response's length and status are its own, whatever an upstream says here.
                    case HeaderId.ContentLength or HeaderId.Status when !isRequest:
                        break;
                    default:
                        headers.Remove(name[..token.Length]);
                        break;
                }
            }
        }
    }

    private static void KeepTrailersOnly(HeaderMap headers)
    {
        if (!headers.Contains(HeaderId.TE))
            return;
        foreach (var field in headers)
        {
            if (field.Id == HeaderId.TE && AsciiBytes.ListContains(field.Value, "trailers"u8))
            {
                headers.SetUnchecked(HeaderId.TE, "trailers"u8);
                return;
            }
        }

        headers.Remove(HeaderId.TE);
    }
}
