using Envoy.Http.Headers;
using Envoy.Routing;

namespace Envoy.Core.Tests.Routing;

public class RedirectActionTests
{
    private static readonly PathMatchConfig Prefix = new PrefixMatchConfig("/");

    private static IEnumerable<TestCaseData> Redirects()
    {
        yield return Case("nothing", new(), "http://a.com/p?q", "http://a.com/p?q");
        yield return Case("host", new() { HostRedirect = "new.com" }, "http://a.com:81/p?q", "http://new.com/p?q");
        yield return Case("path", new() { PathRedirect = "/new" }, "http://a.com/p", "http://a.com/new");
        yield return Case("path keeps the query", new() { PathRedirect = "/new" }, "http://a.com/p?q=1", "http://a.com/new?q=1");
        yield return Case("path with its own query", new() { PathRedirect = "/new?mine" }, "http://a.com/p?q=1", "http://a.com/new?mine");
        yield return Case("own query is not stripped", new() { PathRedirect = "/new?mine", StripQuery = true }, "http://a.com/p?q", "http://a.com/new?mine");
        yield return Case("path without a slash", new() { PathRedirect = "new" }, "http://a.com/p", "http://a.com/new");
        yield return Case("strip query", new() { StripQuery = true }, "http://a.com/p?q=1", "http://a.com/p");
        yield return Case("strip query, new path", new() { StripQuery = true, PathRedirect = "/n" }, "http://a.com/p?q=1", "http://a.com/n");
        yield return Case("https", new() { HttpsRedirect = true }, "http://a.com/p", "https://a.com/p");
        yield return Case("https drops :80", new() { HttpsRedirect = true }, "http://a.com:80/p", "https://a.com/p");
        yield return Case("https keeps other ports", new() { HttpsRedirect = true }, "http://a.com:443/p", "https://a.com:443/p");
        yield return Case("https from https keeps :443", new() { HttpsRedirect = true }, "https://a.com:443/p", "https://a.com:443/p");
        yield return Case("scheme drops :443", new() { SchemeRedirect = "ws" }, "https://a.com:443/p", "ws://a.com/p");
        yield return Case("port", new() { PortRedirect = 8080 }, "http://a.com:81/p", "http://a.com:8080/p");
        yield return Case("port and host", new() { PortRedirect = 8080, HostRedirect = "b" }, "http://a.com/p", "http://b:8080/p");
        yield return Case("IPv6 host", new() { HttpsRedirect = true }, "http://[::1]:80/p", "https://[::1]/p");
        yield return Case("IPv6 host without a port", new() { HttpsRedirect = true }, "http://[::1]/p", "https://[::1]/p");
        yield return Case("prefix", new() { PrefixRewrite = "/new/" }, "http://a.com/old/x?q", "http://a.com/new/x?q", new PrefixMatchConfig("/old/"));
        yield return Case("prefix, exact path", new() { PrefixRewrite = "/new" }, "http://a.com/old?q", "http://a.com/new?q", new ExactPathMatchConfig("/old"));
        yield return Case("prefix, regex", new() { PrefixRewrite = "/new" }, "http://a.com/old/x?q", "http://a.com/new?q", new RegexMatchConfig("/old.*"));
        yield return Case("prefix, strip", new() { PrefixRewrite = "/n", StripQuery = true }, "http://a.com/old/x?q", "http://a.com/n/x", new PrefixMatchConfig("/old"));
        var longPath = "/" + new string('p', 2000);
        yield return Case("long", new() { HostRedirect = "b" }, "http://a.com" + longPath, "http://b" + longPath);
    }

    [TestCaseSource(nameof(Redirects))]
    public void SetLocation_Request_GivesEnvoysLocation(object redirect, string url, string expected, object path)
    {
        var matcher = TestRoutes.MatcherOf(RouteTableTests.Compile(new RouteConfiguration
        {
            VirtualHosts =
            [
                new VirtualHostConfig
                {
                    Name = "v",
                    Domains = ["*"],
                    Routes = [new RouteConfig { Match = new RouteMatchConfig { Path = (PathMatchConfig)path }, Action = (RedirectActionConfig)redirect }],
                },
            ],
        }));
        var scheme = url[..url.IndexOf(':', StringComparison.Ordinal)];
        var rest = url[(scheme.Length + 3)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var request = RouteMatcherTests.Request(rest[..slash], rest[slash..], scheme);
        var route = matcher.Match(request, 0).Route!;
        var response = new HeaderMap();
        ((RedirectAction)route.Action).SetLocation(route, request, response, matcher.Scratch);

        Assert.That(response.GetString(HeaderId.Location), Is.EqualTo(expected));
    }

    [TestCase(RedirectResponseCode.MovedPermanently, 301)]
    [TestCase(RedirectResponseCode.PermanentRedirect, 308)]
    public void Status_OfRedirect_IsTheCode(RedirectResponseCode code, int status) =>
        Assert.That(new RedirectAction(new RedirectActionConfig { ResponseCode = code }, null).Status, Is.EqualTo(status));

    private static TestCaseData Case(string name, RedirectActionConfig redirect, string url, string expected, PathMatchConfig? path = null) =>
        new TestCaseData(redirect, url, expected, path ?? Prefix).SetName("SetLocation_" + name);
}
