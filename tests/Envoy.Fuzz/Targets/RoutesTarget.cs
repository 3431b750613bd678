using System.Text;
using Envoy.Extensions;
using Envoy.Formatting;
using Envoy.Fuzz.Engine;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Routing;
using Envoy.RuntimeSettings;

namespace Envoy.Fuzz.Targets;

/// <summary>
/// Route tables: whatever the indexes leave out is found by looking at every domain and every route, and nothing else is. Used by one thread.
/// </summary>
internal sealed class RoutesTarget : IFuzzTarget
{
    private static readonly string Many = string.Concat(Enumerable.Range(0, 12).Select(i => $"p /a{new string('b', i)}\ne /a{new string('b', i)}c\nS /A{i}\n"));

    private readonly RuntimeLoader _runtime = new(new LayeredRuntimeConfig(), stats: null);
    private readonly HeaderMap _request = new();

    public string Name => "routes";

    public IReadOnlyList<byte[]> Seeds { get; } = Corpus.Bytes(
        "d www.example.com\nD *.example.com\np /\nq www.example.com /\nq a.example.com /x?y\n",
        "d *\np /api/\ne /page\ns /dev\nr /a(b|c)+d?\nt /videos/{id}/*\np /\nq x /api/1\nq x /page\nq x /dev/1\nq x /developer\nq x /abcd\nq x /videos/1/2\nq x /other;p=1?q#f\n",
        "d www.*\np /1\nd *.com\np /2\nd *.example.com\np /3\nd *-a.example.com\np /4\nd www.example.com:80\np /5\nd *\np /6\nq www.example.com /1\nq x-a.example.com /4\nq www.x /1\nq WWW.EXAMPLE.COM:80 /5\n",
        "d *\n" + Many + "P /ABC\nE /AbC/D\np /\nq x /abbbbbbc\nq x /ABC/d\nq x /a1/\nq x /abbbbbbbbbbbbbbb\n",
        "d *\nr ^/[a-z]{2,4}\\d+(?:x|y)*$\nr /(?i)abc|\\x2f[[:alpha:]]+\nt /{a}/{b=*}/**\nt /x/{n=**}.mp4\nq x /ab12xy\nq x /ABC\nq x /1/2/3\nq x /x/y/z.mp4\n");

    public IReadOnlyList<byte[]> Words { get; } = Corpus.Bytes(
        "\nd ", "\nD ", "\np ", "\ne ", "\ns ", "\nr ", "\nt ", "\nP ", "\nE ", "\nS ", "\nR ", "\nq x /", "\nq ", "*", "**", "*.", ".*", "{a}", "{a=*}", "{b=**}", "/", "//", "?", "#", ";", "%2f", "(", ")", "(?:", "(?i)", "(?P<n>",
        "[", "]", "[^", "[[:alpha:]]", "[[:^digit:]]", "\\d", "\\D", "\\w", "\\b", "\\pL", "\\p{Greek}", "\\x{10ffff}", "\\x41", "\\Q", "\\E", "\\C", "\\A", "\\z", "{2,3}", "{1000}", "{2,}", "+?", "*?", "|", "^", "$", "é", "İ", "ß", ":80", "www.", ".com");

    public int MostBytes => 1500;

    public ulong Run(ReadOnlySpan<byte> input)
    {
        var script = RouteScript.Parse(Encoding.UTF8.GetString(input));
        var config = new RouteConfiguration { Name = "fuzz", VirtualHosts = ValueList.From(script.Hosts) };
        var errors = new List<RouteError>();
        var table = RouteTable.Compile(config, errors);
        FuzzFailure.Unless(table is null == errors.Count > 0, "a table with errors, or none without");
        if (table is null)
        {
            FuzzFailure.Unless(errors.TrueForAll(e => e.Path.Length > 0 && e.Message.Length > 0), "an error that says nothing");
            return (ulong)errors[0].Message.Length ^ ((ulong)errors.Count << 32);
        }

        var matcher = new RouteMatcher(table, _runtime, new MatchScratch());
        var way = (ulong)script.Hosts.Count << 40;
        foreach (var (host, path) in script.Requests)
            way = (way ^ Check(script, matcher, host, path)) * 1099511628211;
        return way;
    }

    private uint Check(RouteScript script, RouteMatcher matcher, string host, string path)
    {
        Fill(host, path);
        var found = matcher.Match(_request, 0);
        var expected = FindHost(script, host);
        FuzzFailure.Unless(found.VirtualHost?.Name == (expected < 0 ? null : script.Hosts[expected].Name), "another virtual host");
        if (expected < 0)
            return 1;
        var route = FindRoute(matcher, expected, script.Hosts[expected], path);
        FuzzFailure.Unless((found.Route?.Index ?? -1) == route, "another route");

        var explanation = RouteExplainer.Explain(matcher, _request, new HeaderMap(), 0, new FormatContext());
        FuzzFailure.Unless(explanation.RouteIndex == route, "explained it is another route");
        return (uint)(2 + expected + ((route + 1) << 8));
    }

    private void Fill(string host, string path)
    {
        _request.Clear();
        _request.Add(HeaderId.Method, "GET"u8);
        _request.Add(HeaderId.Path, Encoding.ASCII.GetBytes(path));
        _request.Add(HeaderId.Authority, Encoding.ASCII.GetBytes(host));
        _request.Add(HeaderId.XForwardedProto, "http"u8);
    }

    // Envoy's order, said over strings: the exact name, the longest suffix, the longest prefix, the star alone.
    private static int FindHost(RouteScript script, string host)
    {
        var best = -1;
        var rank = 0;
        for (var i = 0; i < script.Hosts.Count; i++)
        {
            foreach (var domain in script.Hosts[i].Domains)
            {
                var name = domain.ToLowerInvariant();
                var lower = host.ToLowerInvariant();
                var value = name == "*" ? 1
                    : name.StartsWith('*') ? (lower.Length >= name.Length && lower.EndsWith(name[1..], StringComparison.Ordinal) ? 1_000_000 + name.Length : 0)
                    : name.EndsWith('*') ? (lower.Length >= name.Length && lower.StartsWith(name[..^1], StringComparison.Ordinal) ? 1_000 + name.Length : 0)
                    : name == lower ? 2_000_000_000 : 0;
                if (value > rank)
                {
                    rank = value;
                    best = i;
                }
            }
        }

        return best;
    }

    // Patterns are the table's own: another engine would be another language.
    private int FindRoute(RouteMatcher matcher, int host, VirtualHostConfig config, string path)
    {
        var end = path.AsSpan().IndexOfAny('?', '#');
        var bare = end < 0 ? path : path[..end];
        var compiled = matcher.Table.VirtualHosts[host].Routes;
        for (var i = 0; i < config.Routes.Count; i++)
        {
            var match = config.Routes[i].Match;
            var comparison = match.CaseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
            var holds = match.Path switch
            {
                PrefixMatchConfig prefix => bare.StartsWith(prefix.Prefix, comparison),
                ExactPathMatchConfig exact => bare.Equals(exact.Path, comparison),
                PathSeparatedPrefixMatchConfig prefix => bare.Equals(prefix.Prefix, comparison) || bare.StartsWith(prefix.Prefix + "/", comparison),
                _ => compiled[i].Matches(matcher.InputOf(_request, 0), Encoding.ASCII.GetBytes(bare), hasPath: true),
            };
            if (holds)
                return i;
        }

        return -1;
    }
}
