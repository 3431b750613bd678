using BenchmarkDotNet.Attributes;
using Envoy.Extensions;
using Envoy.Http.Headers;
using Envoy.Routing;

namespace Envoy.Benchmarks;

/// <summary>Finding the route among ten thousand virtual hosts, by an exact name, by a suffix and by none.</summary>
[MemoryDiagnoser]
public class RouteBenchmarks
{
    private readonly HeaderMap _exact = new();
    private readonly HeaderMap _suffix = new();
    private readonly HeaderMap _other = new();
    private RouteMatcher _matcher = null!;

    [GlobalSetup]
    public void SetUp()
    {
        var hosts = Enumerable.Range(0, 10_000).Select(i => Host($"host-{i}", $"site-{i}.example.com", $"*.site-{i}.example.com")).Append(Host("rest", "*"));
        var errors = new List<RouteError>();
        _matcher = new RouteMatcher(RouteTable.Compile(new RouteConfiguration { Name = "many", VirtualHosts = ValueList.From(hosts) }, errors)
            ?? throw new InvalidOperationException(errors[0].ToString()));
        Fill(_exact, "site-7777.example.com"u8);
        Fill(_suffix, "www.site-7777.example.com"u8);
        Fill(_other, "example.org"u8);
    }

    [Benchmark]
    public bool Exact() => _matcher.Match(_exact).Route is not null;

    [Benchmark]
    public bool Suffix() => _matcher.Match(_suffix).Route is not null;

    [Benchmark]
    public bool Wildcard() => _matcher.Match(_other).Route is not null;

    private static VirtualHostConfig Host(string name, params string[] domains) => new()
    {
        Name = name,
        Domains = ValueList.From(domains),
        Routes =
        [
            new RouteConfig { Match = new RouteMatchConfig { Path = new PrefixMatchConfig("/api/") }, Action = new ForwardActionConfig { Cluster = "api" } },
            new RouteConfig { Match = new RouteMatchConfig { Path = new PrefixMatchConfig("/") }, Action = new ForwardActionConfig { Cluster = "web" } },
        ],
    };

    private static void Fill(HeaderMap headers, ReadOnlySpan<byte> authority)
    {
        headers.Add(HeaderId.Method, "GET"u8);
        headers.Add(HeaderId.Path, "/articles?page=2"u8);
        headers.Add(HeaderId.Authority, authority);
    }
}
