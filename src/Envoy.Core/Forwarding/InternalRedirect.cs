using Envoy.FilterChains.Http;
using Envoy.Http.Headers;
using Envoy.Routing;

namespace Envoy.Forwarding;

/// <summary>
/// Turns a request into the one that an upstream's redirect asks for, if the route's policy lets it be followed here. The request is left as
/// it was otherwise.
/// </summary>
internal static class InternalRedirect
{
    /// <summary>Whether the request is another one now.</summary>
    public static bool TryFollow(InternalRedirects policy, int status, string fromRoute, IHttpStreamHost host, RouterStats stats)
    {
        var headers = host.RequestHeaders;
        var response = host.ResponseHeaders;
        if (!headers.TryGet(HeaderId.Path, out var path) || !headers.TryGet(HeaderId.Authority, out var authority))
            return false;
        if (!response.TryGet(HeaderId.Location, out var location) || !TryParse(location, out var isTls, out var newAuthority, out var newPath))
        {
            stats.PassthroughInternalRedirectBadLocation.Inc();
            return false;
        }

        var wasTls = headers.Get(HeaderId.Scheme).SequenceEqual("https"u8);
        if (isTls != wasTls && !policy.Config.AllowCrossSchemeRedirect)
        {
            stats.PassthroughInternalRedirectUnsafeScheme.Inc();
            return false;
        }

        if (host.Redirects.Count >= policy.Config.MaxInternalRedirects)
        {
            stats.PassthroughInternalRedirectTooManyRedirects.Inc();
            return false;
        }

        // Redirects are rare: what they keep may be allocated.
        var oldPath = path.ToArray();
        var oldAuthority = authority.ToArray();
        var oldMatch = host.Match;
        headers.SetUnchecked(HeaderId.Scheme, isTls ? "https"u8 : "http"u8);
        headers.SetUnchecked(HeaderId.Authority, newAuthority);
        headers.SetUnchecked(HeaderId.Path, newPath);
        host.ClearRouteCache();
        if (!IsAccepted(policy, host, fromRoute, wasTls, isTls, stats))
        {
            headers.SetUnchecked(HeaderId.Scheme, wasTls ? "https"u8 : "http"u8);
            headers.SetUnchecked(HeaderId.Authority, oldAuthority);
            headers.SetUnchecked(HeaderId.Path, oldPath);
            host.Match = oldMatch;
            return false;
        }

        host.Redirects.Add((fromRoute, host.Match.Route!.Name));

        // RFC 9110 section 15.4.4: what is asked for next is a description of the outcome.
        if (status == 303 && !IsSafe(headers.Get(HeaderId.Method)))
        {
            headers.SetUnchecked(HeaderId.Method, "GET"u8);
            headers.Remove(HeaderId.ContentLength);
            host.Redirects.DropsBody = true;
        }

        foreach (var name in policy.HeadersToCopy)
            Copy(name, response, headers);
        headers.Set("x-envoy-original-url"u8, [.. wasTls ? "https://"u8 : "http://"u8, .. oldAuthority, .. oldPath]);
        return true;
    }

    private static bool IsSafe(ReadOnlySpan<byte> method) => method.SequenceEqual("GET"u8) || method.SequenceEqual("HEAD"u8);

    private static bool IsAccepted(InternalRedirects policy, IHttpStreamHost host, string fromRoute, bool wasTls, bool isTls, RouterStats stats)
    {
        // What a client may not ask for, by any other spelling, an upstream may not either.
        if (!host.NormalizeTarget())
        {
            stats.PassthroughInternalRedirectBadLocation.Inc();
            return false;
        }

        if (host.Match.Route is not { } target)
        {
            stats.PassthroughInternalRedirectNoRoute.Inc();
            return false;
        }

        foreach (var predicate in policy.Config.Predicates)
        {
            var accepts = predicate switch
            {
                AllowListedRoutesConfig allowed => allowed.RouteNames.Contains(target.Name),
                PreviousRoutesConfig => !host.Redirects.Contains(fromRoute, target.Name),
                SafeCrossSchemeConfig => isTls || !wasTls,
                _ => false,
            };
            if (accepts)
                continue;
            stats.PassthroughInternalRedirectPredicate.Inc();
            return false;
        }

        return true;
    }

    private static void Copy(HeaderName name, HeaderMap from, HeaderMap to)
    {
        name.RemoveFrom(to);
        var text = System.Text.Encoding.ASCII.GetBytes(name.ToString());
        foreach (var field in from)
        {
            if (field.Name.SequenceEqual(text))
                name.Add(to, field.Value.ToArray());
        }
    }

    /// <summary>Takes an absolute URL apart: what is behind <c>#</c> is for the client alone.</summary>
    private static bool TryParse(ReadOnlySpan<byte> url, out bool isTls, out ReadOnlySpan<byte> authority, out ReadOnlySpan<byte> path)
    {
        authority = path = default;
        isTls = System.Text.Ascii.EqualsIgnoreCase(url[..Math.Min(8, url.Length)], "https://"u8);
        if (!isTls && !System.Text.Ascii.EqualsIgnoreCase(url[..Math.Min(7, url.Length)], "http://"u8))
            return false;
        var rest = url[(isTls ? 8 : 7)..];
        var fragment = rest.IndexOf((byte)'#');
        if (fragment >= 0)
            rest = rest[..fragment];
        var end = rest.IndexOfAny((byte)'/', (byte)'?');
        authority = end < 0 ? rest : rest[..end];
        path = end < 0 ? "/"u8 : rest[end..];
        // A user's name and password before the host would be the upstream's invention.
        if (authority.IsEmpty || authority.IndexOf((byte)'@') >= 0 || authority.IndexOfAnyExceptInRange((byte)'!', (byte)'~') >= 0)
            return false;
        if (path[0] == (byte)'?')
            path = (byte[])[(byte)'/', .. path];
        return path.IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0;
    }
}
