using System.Text;
using Envoy.Extensions;
using Envoy.Http.Headers;
using Envoy.Routing;

namespace Envoy.Core.Tests.Routing;

public class RouteMatcherTests
{
    private static readonly RouteMatcher Matcher = Create(
        ("exact", new ExactPathMatchConfig("/exact"), true),
        ("any case", new ExactPathMatchConfig("/Any-Case"), false),
        ("regex", new RegexMatchConfig("/v[[:digit:]]+/.*"), true),
        ("upper prefix", new PrefixMatchConfig("/UP"), false),
        ("prefix", new PrefixMatchConfig("/prefix"), true));

    [TestCase("/exact", "exact")]
    [TestCase("/exact?q=/prefix", "exact")]
    [TestCase("/exact#f", "exact")]
    [TestCase("/exact/", null)]
    [TestCase("/EXACT", null)]
    [TestCase("/any-CASE", "any case")]
    [TestCase("/v12/x", "regex")]
    [TestCase("/v12/x?y", "regex")]
    [TestCase("/a/v12/x", null)]
    [TestCase("/v/x", null)]
    [TestCase("/upper", "upper prefix")]
    [TestCase("/u", null)]
    [TestCase("/prefixed", "prefix")]
    [TestCase("/a/prefix", null)]
    public void Match_Path_GivesTheFirstRouteThatFits(string path, string? expected)
    {
        var result = Matcher.Match(Request("a.com", path), 0);
        Assert.That(result.Route?.Name, Is.EqualTo(expected));
        Assert.That(result.VirtualHost?.Name, Is.EqualTo("vhost"));
    }

    [Test]
    public void Match_HostWithoutAFittingRoute_DoesNotFallThrough()
    {
        var route = new RouteConfig
        {
            Name = "all",
            Match = new RouteMatchConfig { Path = new PrefixMatchConfig("/") },
            Action = new ForwardActionConfig { Cluster = "c" },
        };
        var matcher = TestRoutes.MatcherOf(RouteTableTests.Compile(new RouteConfiguration
        {
            VirtualHosts =
            [
                new VirtualHostConfig { Name = "one", Domains = ["one.com"] },
                new VirtualHostConfig { Name = "rest", Domains = ["*"], Routes = [route] },
            ],
        }));
        Assert.That(matcher.Match(Request("one.com", "/"), 0).Route, Is.Null);
        Assert.That(matcher.Match(Request("two.com", "/"), 0).Route?.Name, Is.EqualTo("all"));
    }

    [Test]
    public void Match_Connect_HasNoRoute()
    {
        var request = new HeaderMap();
        request.Add(HeaderId.Method, "CONNECT"u8);
        request.Add(HeaderId.Authority, "a.com:443"u8);
        Assert.That(Create(("all", new PrefixMatchConfig("/"), true)).Match(request, 0).Route, Is.Null);
    }

    [Test]
    public void Match_Actions_AreCompiled()
    {
        var table = RouteTableTests.Compile(new RouteConfiguration
        {
            VirtualHosts =
            [
                new VirtualHostConfig
                {
                    Name = "v",
                    Domains = ["*"],
                    Routes =
                    [
                        new RouteConfig
                        {
                            Match = new RouteMatchConfig { Path = new PrefixMatchConfig("/f") },
                            Action = new ForwardActionConfig { Cluster = "c", Timeout = TimeSpan.FromSeconds(3), IdleTimeout = TimeSpan.FromSeconds(1) },
                        },
                        new RouteConfig
                        {
                            Match = new RouteMatchConfig { Path = new PrefixMatchConfig("/d") },
                            Action = new DirectResponseActionConfig(418) { Body = "teapot" },
                        },
                    ],
                },
            ],
        });
        var matcher = TestRoutes.MatcherOf(table);
        var forward = (ForwardAction)matcher.Match(Request("x", "/f"), 0).Route!.Action;
        Assert.That((forward.Cluster, forward.Timeout.TotalSeconds, forward.IdleTimeout?.TotalSeconds), Is.EqualTo(("c", 3, 1)));
        var direct = (DirectResponseAction)matcher.Match(Request("x", "/d"), 0).Route!.Action;
        Assert.That((direct.Status, Encoding.UTF8.GetString(direct.Body.Span)), Is.EqualTo((418, "teapot")));
    }

    [Test]
    public void Match_WarmMatcher_AllocatesNothing()
    {
        HeaderMap[] requests = [Request("A.com", "/v1/abc?x"), Request("a.com", "/prefix"), Request("a.com", "/none")];
        void Use()
        {
            foreach (var request in requests)
                _ = Matcher.Match(request, 0);
        }

        for (var i = 0; i < 100; i++)
            Use();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            Use();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    internal static HeaderMap Request(string authority, string path, string scheme = "http")
    {
        var map = new HeaderMap();
        map.Add(HeaderId.Method, "GET"u8);
        map.Add(HeaderId.Path, Encoding.ASCII.GetBytes(path));
        map.Add(HeaderId.Authority, Encoding.ASCII.GetBytes(authority));
        map.Add(HeaderId.Scheme, Encoding.ASCII.GetBytes(scheme));
        map.Add(HeaderId.XForwardedProto, Encoding.ASCII.GetBytes(scheme));
        return map;
    }

    private static RouteMatcher Create(params (string Name, PathMatchConfig Path, bool CaseSensitive)[] routes) =>
        TestRoutes.MatcherOf(RouteTableTests.Compile(new RouteConfiguration
        {
            VirtualHosts =
            [
                new VirtualHostConfig
                {
                    Name = "vhost",
                    Domains = ["a.com"],
                    Routes = ValueList.From(routes.Select(x => new RouteConfig
                    {
                        Name = x.Name,
                        Match = new RouteMatchConfig { Path = x.Path, CaseSensitive = x.CaseSensitive },
                        Action = new ForwardActionConfig { Cluster = "c" },
                    })),
                },
            ],
        }));
}
