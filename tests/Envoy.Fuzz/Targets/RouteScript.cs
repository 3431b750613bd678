using Envoy.Extensions;
using Envoy.Routing;

namespace Envoy.Fuzz.Targets;

/// <summary>
/// A route table and requests for it, one to a line, so that mutations of lines are mutations of tables: <c>d</c> begins a virtual host of
/// that domain, <c>D</c> gives it one more; <c>p e s r t</c> add a route by prefix, exact path, separated prefix, regular expression or
/// template, in upper case for any case; <c>q</c> is a request, host and path. What is none of these is passed over.
/// </summary>
internal sealed class RouteScript
{
    private const int MostRoutes = 40;
    private const int MostPatterns = 4;
    private const int MostRequests = 12;

    public List<VirtualHostConfig> Hosts { get; } = [];

    public List<(string Host, string Path)> Requests { get; } = [];

    public static RouteScript Parse(string text)
    {
        var script = new RouteScript();
        var domains = new List<string>();
        var routes = new List<RouteConfig>();
        var patterns = 0;
        var count = 0;
        foreach (var line in text.Split('\n'))
        {
            if (line.Length < 2)
                continue;
            var rest = line[2..];
            var isPattern = line[0] is 'r' or 'R' or 't' or 'T';
            if (line[0] is 'd')
            {
                script.AddHost(domains, routes);
                domains.Add(rest);
            }
            else if (line[0] is 'D')
            {
                domains.Add(rest);
            }
            else if (line[0] is 'q')
            {
                if (script.Requests.Count < MostRequests)
                    script.AddRequest(rest);
            }
            else if (count < MostRoutes && (!isPattern || patterns < MostPatterns) && MatchOf(line[0], rest) is { } match)
            {
                count++;
                patterns += isPattern ? 1 : 0;
                routes.Add(new RouteConfig { Match = new RouteMatchConfig { Path = match, CaseSensitive = char.IsLower(line[0]) }, Action = new ForwardActionConfig { Cluster = "c" } });
            }
        }

        script.AddHost(domains, routes);
        return script;
    }

    private static PathMatchConfig? MatchOf(char kind, string text) => char.ToLowerInvariant(kind) switch
    {
        'p' => new PrefixMatchConfig(text),
        'e' => new ExactPathMatchConfig(text),
        's' => new PathSeparatedPrefixMatchConfig(text),
        'r' => new RegexMatchConfig(text),
        't' => new PathTemplateMatchConfig(text),
        _ => null,
    };

    private void AddHost(List<string> domains, List<RouteConfig> routes)
    {
        if (domains.Count == 0 && routes.Count == 0)
            return;
        Hosts.Add(new VirtualHostConfig
        {
            Name = "h" + Hosts.Count.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Domains = ValueList.From(domains.Count == 0 ? ["*"] : domains),
            Routes = ValueList.From(routes),
        });
        domains.Clear();
        routes.Clear();
    }

    private void AddRequest(string line)
    {
        var space = line.IndexOf(' ');
        var host = space < 0 ? line : line[..space];
        var path = space < 0 ? "/" : line[(space + 1)..];
        if (path.Length > 0 && host.Length > 0)
            Requests.Add((Clean(host), Clean(path)));
    }

    // As much as a codec lets through.
    private static string Clean(string text) => string.Create(text.Length, text, static (to, from) =>
    {
        for (var i = 0; i < from.Length; i++)
            to[i] = from[i] is > ' ' and < '\x7f' ? from[i] : '_';
    });
}
