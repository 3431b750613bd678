using BenchmarkDotNet.Attributes;
using Envoy.Extensions;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Routing;
using Envoy.RuntimeSettings;

namespace Envoy.Benchmarks;

/// <summary>
/// Finding the route of a request among one virtual host of ten routes and among ten thousand such hosts, by an exact name, by a suffix and
/// by none; and among ten routes and ten thousand of one host. Beside them the least there is, one host with one route, and a route by regular expression.
/// </summary>
[MemoryDiagnoser]
public class RouteBenchmarks
{
    private readonly HeaderMap _exact = new();
    private readonly HeaderMap _suffix = new();
    private readonly HeaderMap _other = new();
    private RouteMatcher _hosts = null!;
    private RouteMatcher _routes = null!;
    private RouteMatcher _one = null!;
    private RouteMatcher _regex = null!;

    /// <summary>How many virtual hosts, and how many routes in the one host of the other table.</summary>
    [Params(1, 10_000)]
    public int Count { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var hosts = Enumerable.Range(0, Count).Select(i => Host($"host-{i}", 10, $"site-{i}.example.com", $"*.site-{i}.example.com"));
        _hosts = Compile(hosts.Append(Host("rest", 10, "*")));
        _routes = Compile([Host("one", Math.Max(10, Count), "*")]);
        _one = Compile([Host("one", 1, "*")]);
        _regex = Compile([Host("one", 1, "*") with { Routes = [new RouteConfig { Match = new RouteMatchConfig { Path = new RegexMatchConfig("/[a-z]+(/[0-9]+)?") }, Action = new ForwardActionConfig { Cluster = "web" } }] }]);
        Fill(_exact, $"site-{Count - 1}.example.com");
        Fill(_suffix, $"www.site-{Count - 1}.example.com");
        Fill(_other, "example.org");
    }

    [Benchmark(Baseline = true)]
    public bool OneRoute() => _one.Match(_exact, 0).Route is not null;

    [Benchmark]
    public bool RegexRoute() => _regex.Match(_exact, 0).Route is not null;

    [Benchmark]
    public bool Exact() => _hosts.Match(_exact, 0).Route is not null;

    [Benchmark]
    public bool Suffix() => _hosts.Match(_suffix, 0).Route is not null;

    [Benchmark]
    public bool Wildcard() => _hosts.Match(_other, 0).Route is not null;

    [Benchmark]
    public bool LastRouteOfOneHost() => _routes.Match(_exact, 0).Route is not null;

    private static RouteMatcher Compile(IEnumerable<VirtualHostConfig> hosts)
    {
        var errors = new List<RouteError>();
        var table = RouteTable.Compile(new RouteConfiguration { Name = "many", VirtualHosts = ValueList.From(hosts) }, errors)
            ?? throw new InvalidOperationException(errors[0].ToString());
        return new RouteMatcher(table, new RuntimeLoader(new LayeredRuntimeConfig(), stats: null), new MatchScratch());
    }

    // Half prefixes and half exact paths, the catch-all last.
    private static VirtualHostConfig Host(string name, int routes, params string[] domains) => new()
    {
        Name = name,
        Domains = ValueList.From(domains),
        Routes = ValueList.From(Enumerable.Range(0, routes).Select(i => new RouteConfig
        {
            Match = new RouteMatchConfig
            {
                Path = i == routes - 1 ? new PrefixMatchConfig("/") : i % 2 == 0 ? new PrefixMatchConfig($"/service-{i}/") : new ExactPathMatchConfig($"/page-{i}"),
            },
            Action = new ForwardActionConfig { Cluster = "web" },
        })),
    };

    private static void Fill(HeaderMap headers, string authority)
    {
        headers.Add(HeaderId.Method, "GET"u8);
        headers.Add(HeaderId.Path, "/articles?page=2"u8);
        headers.Add(HeaderId.Authority, System.Text.Encoding.ASCII.GetBytes(authority));
        headers.Add(HeaderId.XForwardedProto, "http"u8);
    }
}
