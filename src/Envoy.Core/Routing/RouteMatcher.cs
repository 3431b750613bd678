using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Net.Tls;
using Envoy.RuntimeSettings;

namespace Envoy.Routing;

/// <summary>One worker's eyes on a <see cref="RouteTable"/>: the table and the runtime's keys are shared, the room for patterns is not. Worker-owned.</summary>
internal sealed class RouteMatcher
{
    // How many lists of candidates one path may have: prefixes that nest this deep are looked at one after the other.
    private const int MostLists = 32;

    private readonly RuntimeLoader _runtime;
    private readonly RouteIndex.Candidates[] _lists = new RouteIndex.Candidates[MostLists];

    /// <summary>Makes a matcher over <paramref name="table"/>; its cost is that of compiling the table's regular expressions.</summary>
    public RouteMatcher(RouteTable table, RuntimeLoader runtime, MatchScratch scratch)
    {
        Table = table;
        Scratch = scratch;
        _runtime = runtime;
        table.Warm(scratch);
    }

    /// <summary>The table it looks into.</summary>
    public RouteTable Table { get; }

    /// <summary>The worker's room for patterns.</summary>
    public MatchScratch Scratch { get; }

    /// <summary>The path without query and fragment, which is what every path condition sees.</summary>
    public static ReadOnlySpan<byte> WithoutQuery(ReadOnlySpan<byte> path)
    {
        var end = path.IndexOfAny((byte)'?', (byte)'#');
        return end < 0 ? path : path[..end];
    }

    /// <summary>What a look-up sees of a request.</summary>
    public RouteInput InputOf(HeaderMap request, ulong random, TlsConnectionInfo? tls = null) => new(request, random, _runtime.Current, Scratch)
    {
        CertificatePresented = tls is { Peer: not null },
        CertificateValidated = tls is { IsPeerValidated: true },
    };

    /// <summary>Finds the virtual host of the request's host, in it the first route that matches, and in that the cluster that is drawn.</summary>
    /// <param name="request">The request's headers.</param>
    /// <param name="random">The stream's random number.</param>
    /// <param name="tls">The client's handshake; null: none.</param>
    public RouteMatchResult Match(HeaderMap request, ulong random, TlsConnectionInfo? tls = null)
    {
        var host = Table.FindVirtualHost(request);
        if (host is null)
            return default;
        var input = InputOf(request, random, tls);
        var route = FindRoute(host, input);
        return new RouteMatchResult(host, route, route?.Action is ForwardAction forward ? forward.Draw(input, HashOf(forward, request)) : null);
    }

    private static ulong? HashOf(ForwardAction forward, HeaderMap request) =>
        forward is { Weighted.UsesHash: true, Hash: { } policy } ? policy.Hash(request, null) : null;

    private Route? FindRoute(VirtualHost host, in RouteInput input)
    {
        if (RequiredTls(host, input.Headers, out var redirect))
            return redirect;
        var hasPath = input.Headers.TryGet(HeaderId.Path, out var path);
        path = Table.PathOf(path);
        if (host.Index is { } index && index.TryCollect(path, _lists, out var count))
        {
            var lists = _lists.AsSpan(0, count);
            for (var place = RouteIndex.Next(lists); place >= 0; place = RouteIndex.Next(lists))
            {
                if (host.RouteArray[place].Matches(input, path, hasPath))
                    return host.RouteArray[place];
            }

            return null;
        }

        foreach (var route in host.Routes)
        {
            if (route.Matches(input, path, hasPath))
                return route;
        }

        return null;
    }

    /// <summary>Whether the host decides without a route: a request that has to come over TLS is redirected; one without a scheme has no route.</summary>
    internal static bool RequiredTls(VirtualHost host, HeaderMap request, out Route? redirect)
    {
        redirect = null;
        var scheme = request.Get(HeaderId.XForwardedProto);
        if (scheme.IsEmpty)
            return true;
        if (host.RequireTls == TlsRequirement.None || scheme.SequenceEqual("https"u8))
            return false;
        if (host.RequireTls == TlsRequirement.ExternalOnly && request.Get(HeaderId.XEnvoyInternal).SequenceEqual("true"u8))
            return false;
        redirect = host.TlsRedirect;
        return true;
    }
}
