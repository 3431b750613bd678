using System.Buffers.Text;
using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>What a route does to the headers of the requests it forwards and of their responses, in Envoy's order.</summary>
internal static class RequestRewriting
{
    /// <summary>Changes a request on its way to the upstream: headers, then the host, then the path.</summary>
    /// <param name="route">The route.</param>
    /// <param name="weighted">The cluster drawn among the route's; null: it names one itself.</param>
    /// <param name="headers">The request.</param>
    /// <param name="context">What formats are filled from.</param>
    /// <param name="scratch">The worker's room for patterns.</param>
    /// <param name="sink">Room for values; its content is lost.</param>
    /// <param name="keepOriginal">Keep a host and a path that change in <c>x-envoy-original-host</c> and <c>x-envoy-original-path</c>.</param>
    public static void FinishRequest(
        Route route, WeightedCluster? weighted, HeaderMap headers, FormatContext context, MatchScratch scratch, ByteSink sink, bool keepOriginal)
    {
        weighted?.RequestMutations?.Apply(headers, context, sink);
        if (weighted is { HostRewrite.Length: > 0 })
            headers.Set(HeaderId.Authority, weighted.HostRewrite);
        foreach (var mutations in route.RequestMutations)
            mutations.Apply(headers, context, sink);
        if (route.Action is not ForwardAction forward)
            return;
        if (context.Info.ConnectPort is > 0 and var port)
            RestorePort(headers, port, sink);
        if (forward.HostRewrite is { IsAutomatic: false } host && host.TryWrite(headers, context, scratch, sink))
            SetHost(headers, sink.Written, forward.Config.AppendXForwardedHost, keepOriginal);
        if (forward.PathRewrite is { } path && path.TryWrite(route.Path, headers, context, scratch, sink))
        {
            if (keepOriginal)
                headers.SetUnchecked(HeaderId.XEnvoyOriginalPath, headers.Get(HeaderId.Path));
            headers.SetUnchecked(HeaderId.Path, Clean(sink.Written));
        }
    }

    /// <summary>Changes a response of the upstream on its way to the client.</summary>
    public static void FinishResponse(Route route, WeightedCluster? weighted, HeaderMap headers, FormatContext context, ByteSink sink)
    {
        weighted?.ResponseMutations?.Apply(headers, context, sink);
        foreach (var mutations in route.ResponseMutations)
            mutations.Apply(headers, context, sink);
    }

    /// <summary>Gives a request another host.</summary>
    public static void SetHost(HeaderMap headers, Span<byte> host, bool appendForwardedHost, bool keepOriginal)
    {
        if (headers.TryGet(HeaderId.Authority, out var before) && !before.IsEmpty)
        {
            if (keepOriginal)
                headers.SetUnchecked(HeaderId.XEnvoyOriginalHost, before);
            if (appendForwardedHost)
                AppendForwardedHost(headers);
        }

        headers.SetUnchecked(HeaderId.Authority, Clean(host));
    }

    // Routes looked at CONNECT without its port, but a tunnel is to host and port.
    private static void RestorePort(HeaderMap headers, int port, ByteSink sink)
    {
        var authority = headers.Get(HeaderId.Authority);
        var colon = authority.LastIndexOf((byte)':');
        if (colon >= 0 && !authority[colon..].Contains((byte)']'))
            return;
        Span<byte> digits = stackalloc byte[10];
        Utf8Formatter.TryFormat(port, digits, out var written);
        sink.Clear();
        sink.Append(authority);
        sink.Append(":"u8);
        sink.Append(digits[..written]);
        headers.SetUnchecked(HeaderId.Authority, sink.Written);
    }

    // Only where it is not the last one already: two proxies of a chain may do the same.
    private static void AppendForwardedHost(HeaderMap headers)
    {
        var host = headers.Get(HeaderId.Authority);
        if (!headers.TryGet(HeaderId.XForwardedHost, out var forwarded) || forwarded.IsEmpty)
        {
            headers.SetUnchecked(HeaderId.XForwardedHost, host);
            return;
        }

        var comma = forwarded.LastIndexOf((byte)',');
        if ((comma < 0 ? forwarded : forwarded[(comma + 1)..]).Trim((byte)' ').SequenceEqual(host))
            return;
        Span<byte> joined = new byte[forwarded.Length + 1 + host.Length];
        forwarded.CopyTo(joined);
        joined[forwarded.Length] = (byte)',';
        host.CopyTo(joined[(forwarded.Length + 1)..]);
        headers.SetUnchecked(HeaderId.XForwardedHost, joined);
    }

    /// <summary>
    /// Makes parts of HTTP/1's first line of what may come from a peer: a space would begin the next part. Changes the bytes where they are.
    /// </summary>
    public static Span<byte> Clean(Span<byte> text)
    {
        foreach (ref var b in text)
        {
            if (b <= 0x20 || b == 0x7f)
                b = (byte)'_';
        }

        return text;
    }
}
