using System.Text;
using System.Text.RegularExpressions;
using Envoy.Http.Headers;

namespace Envoy.Routing;

/// <summary>
/// One worker's eyes on a <see cref="RouteTable"/>: the table is shared, but a non-backtracking <see cref="Regex"/> allocates when two threads
/// use it, so each worker has its own, and a buffer to spell paths out for them. Worker-owned.
/// </summary>
internal sealed class RouteMatcher
{
    private readonly Regex[] _regexes;
    private char[] _path = [];

    /// <summary>Makes a matcher over <paramref name="table"/>; its cost is that of compiling the table's regular expressions.</summary>
    public RouteMatcher(RouteTable table)
    {
        Table = table;
        _regexes = new Regex[table.Patterns.Length];
        for (var i = 0; i < _regexes.Length; i++)
            _regexes[i] = Re2Pattern.Compile(table.Patterns[i]);
    }

    /// <summary>The table it looks into.</summary>
    public RouteTable Table { get; }

    /// <summary>The path without query and fragment, which is what every path condition sees.</summary>
    public static ReadOnlySpan<byte> WithoutQuery(ReadOnlySpan<byte> path)
    {
        var end = path.IndexOfAny((byte)'?', (byte)'#');
        return end < 0 ? path : path[..end];
    }

    /// <summary>Finds the virtual host of the request's <c>:authority</c>, and in it the first route that matches.</summary>
    public RouteMatchResult Match(HeaderMap request)
    {
        var host = Table.FindVirtualHost(request.Get(HeaderId.Authority));
        // CONNECT has no path, and no path condition matches it.
        if (host is null || !request.TryGet(HeaderId.Path, out var path))
            return new RouteMatchResult(host, null);

        path = WithoutQuery(path);
        var spelled = -1;
        foreach (var route in host.Routes)
        {
            if (route.RegexIndex < 0)
            {
                if (route.Matches(path))
                    return new RouteMatchResult(host, route);
                continue;
            }

            if (spelled < 0)
                spelled = Spell(path);
            if (_regexes[route.RegexIndex].IsMatch(_path.AsSpan(0, spelled)))
                return new RouteMatchResult(host, route);
        }

        return new RouteMatchResult(host, null);
    }

    private int Spell(ReadOnlySpan<byte> path)
    {
        // UTF-8 never has more characters than bytes.
        if (_path.Length < path.Length)
            _path = new char[Math.Max(256, path.Length * 2)];
        return Encoding.UTF8.GetChars(path, _path);
    }
}
