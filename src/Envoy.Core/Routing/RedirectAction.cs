using System.Buffers;
using System.Globalization;
using System.Text;
using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>Answers with a redirect, whose <c>location</c> is made from the request as Envoy makes it. Immutable.</summary>
internal sealed class RedirectAction : RouteAction
{
    private readonly byte[] _scheme;
    private readonly byte[] _host;
    private readonly byte[] _port;
    private readonly byte[] _path;
    private readonly PathRewrite? _rewrite;
    private readonly bool _pathHasQuery;
    private readonly bool _stripQuery;

    internal RedirectAction(RedirectActionConfig config, PathRewrite? rewrite)
    {
        _rewrite = rewrite;
        Status = (int)config.ResponseCode;
        _scheme = Encoding.UTF8.GetBytes(config.HttpsRedirect ? "https" : config.SchemeRedirect);
        _host = Encoding.UTF8.GetBytes(config.HostRedirect);
        _port = config.PortRedirect == 0 ? [] : Encoding.UTF8.GetBytes(":" + config.PortRedirect.ToString(CultureInfo.InvariantCulture));
        _path = Encoding.UTF8.GetBytes(config.PathRedirect);
        _pathHasQuery = config.PathRedirect.Contains('?', StringComparison.Ordinal);
        _stripQuery = config.StripQuery;
    }

    /// <summary>301, 302, 303, 307 or 308.</summary>
    public int Status { get; }

    /// <summary>Sets <paramref name="response"/>'s <c>location</c>.</summary>
    /// <param name="route">The route that this action belongs to: a prefix rewrite replaces what it matched.</param>
    /// <param name="request">The request, with <c>:scheme</c> and <c>x-forwarded-proto</c> as the connection manager has set them.</param>
    /// <param name="response">The answer under way.</param>
    /// <param name="scratch">The worker's room for patterns.</param>
    public void SetLocation(Route route, HeaderMap request, HeaderMap response, MatchScratch scratch)
    {
        var requestPath = request.Get(HeaderId.Path);
        var pathOnly = RouteMatcher.WithoutQuery(requestPath);
        var query = requestPath[pathOnly.Length..];

        ReadOnlySpan<byte> scheme = _scheme.Length > 0 ? _scheme : request.Get(HeaderId.Scheme);
        if (scheme.IsEmpty)
            scheme = "http"u8;
        var host = _host.Length > 0 ? _host : HostOf(request, scheme);

        // Path: the new one; or the matched part replaced; or as it was. Then the query, unless the new path brings its own.
        ReadOnlySpan<byte> head = default;
        if (_path.Length > 0)
        {
            head = _path;
            if (_pathHasQuery)
                query = default;
        }
        else if (_rewrite is not null && _rewrite.TryWrite(route.Path, request, null, scratch, scratch.Joined))
        {
            head = scratch.Joined.Written;
            query = default;
        }
        else
        {
            head = pathOnly;
        }

        if (_stripQuery && !_pathHasQuery)
        {
            query = default;

            // What was rewritten has its query still; the option means that too.
            var mark = head.IndexOf((byte)'?');
            if (mark >= 0)
                head = head[..mark];
        }

        var length = scheme.Length + 3 + host.Length + _port.Length + 1 + head.Length + query.Length;
        byte[]? rented = null;
        var buffer = length <= 512 ? stackalloc byte[512] : (rented = ArrayPool<byte>.Shared.Rent(length));
        var at = 0;
        Append(buffer, ref at, scheme);
        Append(buffer, ref at, "://"u8);
        Append(buffer, ref at, host);
        Append(buffer, ref at, _port);
        if (head.IsEmpty || head[0] != (byte)'/')
            Append(buffer, ref at, "/"u8);
        Append(buffer, ref at, head);
        Append(buffer, ref at, query);
        response.SetUnchecked(HeaderId.Location, buffer[..at]);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>
    /// The request's host; its port goes when another is set, or when the scheme changes and it was the old one's default. What the old
    /// scheme was is <c>x-forwarded-proto</c>'s word, not the connection's.
    /// </summary>
    private ReadOnlySpan<byte> HostOf(HeaderMap request, ReadOnlySpan<byte> newScheme)
    {
        var host = request.Get(HeaderId.Authority);
        var colon = host.Length > 0 && host[0] == (byte)'[' ? host.LastIndexOf("]:"u8) : host.LastIndexOf((byte)':');
        if (colon < 0)
            return host;
        if (host[colon] == (byte)']')
            colon++;
        var port = host[colon..];
        var oldScheme = request.Get(HeaderId.XForwardedProto);
        var drops = _port.Length > 0
            || (!newScheme.SequenceEqual(oldScheme)
                && ((oldScheme.SequenceEqual("https"u8) && port.SequenceEqual(":443"u8))
                    || (oldScheme.SequenceEqual("http"u8) && port.SequenceEqual(":80"u8))));
        return drops ? host[..colon] : host;
    }

    private static void Append(Span<byte> buffer, ref int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(buffer[at..]);
        at += bytes.Length;
    }
}
