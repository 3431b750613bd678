using System.Text;
using Envoy.Extensions;
using Envoy.Routing;

namespace Envoy.Core.Tests.Routing;

public class RouteTableTests
{
    private static readonly RouteTable Domains = Compile(
        ("exact", ["www.lyft.com", "api.lyft.com:8080"]),
        ("suffix", ["*.baz.com"]),
        ("longer suffix", ["*-bar.baz.com"]),
        ("prefix", ["bar.*"]),
        ("longer prefix", ["bar.baz.*"]),
        ("default", ["*"]));

    [TestCase("www.lyft.com", "exact")]
    [TestCase("WWW.Lyft.COM", "exact")]
    [TestCase("www.lyft.com:80", "default", TestName = "A port is part of the host")]
    [TestCase("api.lyft.com:8080", "exact")]
    [TestCase("api.lyft.com", "default")]
    [TestCase("a.baz.com", "suffix")]
    [TestCase("A.BAZ.com", "suffix")]
    [TestCase("foo-bar.baz.com", "longer suffix")]
    [TestCase(".baz.com", "default", TestName = "The star stands for one character at least")]
    [TestCase("-bar.baz.com", "suffix")]
    [TestCase("baz.com", "default")]
    [TestCase("bar.x", "prefix")]
    [TestCase("bar.baz.x", "longer prefix")]
    [TestCase("bar.baz.com", "suffix", TestName = "A suffix comes before a prefix")]
    [TestCase("bar.", "default")]
    [TestCase("", "default")]
    public void FindVirtualHost_Authority_GivesTheMostSpecific(string authority, string expected) =>
        Assert.That(Domains.FindVirtualHost(Encoding.ASCII.GetBytes(authority))?.Name, Is.EqualTo(expected));

    [Test]
    public void FindVirtualHost_NoDefault_GivesNone() =>
        Assert.That(Compile(("a", ["a.com"])).FindVirtualHost("b.com"u8), Is.Null);

    [Test]
    public void FindVirtualHost_ManyDomains_FindsEach()
    {
        var table = Compile([.. Enumerable.Range(0, 5000).Select(i => ("vhost" + i, new[] { $"service-{i}.example.com" }))]);
        for (var i = 0; i < 5000; i++)
        {
            Assert.That(
                table.FindVirtualHost(Encoding.ASCII.GetBytes($"Service-{i}.EXAMPLE.com"))?.Name, Is.EqualTo("vhost" + i));
        }

        Assert.That(table.FindVirtualHost("service-5000.example.com"u8), Is.Null);
    }

    [Test]
    public void Compile_WrongConfiguration_TellsAllThatIsWrong()
    {
        var errors = new List<RouteError>();
        var table = RouteTable.Compile(
            new RouteConfiguration
            {
                Name = "r",
                VirtualHosts =
                [
                    new VirtualHostConfig
                    {
                        Name = "",
                        Domains = ["a.com", "A.com", "*", "x.*", "a.*.b", "*x*"],
                        Routes =
                        [
                            Route(new PrefixMatchConfig("/a?b"), new ForwardActionConfig { Cluster = "" }),
                            Route(new RegexMatchConfig(@"(a)\1"), new ForwardActionConfig { Cluster = "c", Timeout = TimeSpan.FromSeconds(-1) }),
                            Route(new RegexMatchConfig(""), new DirectResponseActionConfig(199)),
                            Route(new ExactPathMatchConfig("/"), new DirectResponseActionConfig(600) { Body = new string('é', 2049) }),
                            Route(new PrefixMatchConfig("/"), new RedirectActionConfig
                            {
                                HttpsRedirect = true, SchemeRedirect = "http", PathRedirect = "/a\r\nb", PrefixRewrite = "/c", PortRedirect = 65536,
                            }),
                        ],
                    },
                    new VirtualHostConfig { Name = "two", Domains = ["*", "X.*"] },
                    new VirtualHostConfig { Name = "three", Domains = [] },
                ],
            },
            errors);

        Assert.That(table, Is.Null);
        Assert.That(errors.Select(x => x.Path), Is.EquivalentTo(new[]
        {
            "virtual_hosts[0].name",
            "virtual_hosts[0].domains[1]",
            "virtual_hosts[0].domains[4]",
            "virtual_hosts[0].domains[5]",
            "virtual_hosts[0].routes[0].match.prefix",
            "virtual_hosts[0].routes[0].route",
            "virtual_hosts[0].routes[1].match.safe_regex",
            "virtual_hosts[0].routes[1].route.timeout",
            "virtual_hosts[0].routes[2].match.safe_regex",
            "virtual_hosts[0].routes[2].direct_response.status",
            "virtual_hosts[0].routes[3].direct_response.status",
            "virtual_hosts[0].routes[3].direct_response.body",
            "virtual_hosts[0].routes[4].redirect",
            "virtual_hosts[0].routes[4].redirect",
            "virtual_hosts[0].routes[4].redirect.port_redirect",
            "virtual_hosts[0].routes[4].redirect.path_redirect",
            "virtual_hosts[1].domains[0]",
            "virtual_hosts[1].domains[1]",
            "virtual_hosts[2].domains",
        }));
        Assert.That(
            errors.Select(x => x.Message),
            Has.Member("Only unique values for domains are permitted. Duplicate entry of domain a.com in route r")
                .And.Member("Only a single wildcard domain is permitted in route r")
                .And.Member("response body size is 4098 bytes; maximum is 4096"));
    }

    internal static RouteTable Compile(RouteConfiguration configuration)
    {
        var errors = new List<RouteError>();
        var table = RouteTable.Compile(configuration, errors);
        Assert.That(errors, Is.Empty);
        return table!;
    }

    private static RouteConfig Route(PathMatchConfig path, RouteActionConfig action) =>
        new() { Match = new RouteMatchConfig { Path = path }, Action = action };

    private static RouteTable Compile(params (string Name, string[] Domains)[] hosts) => Compile(new RouteConfiguration
    {
        VirtualHosts = ValueList.From(hosts.Select(x => new VirtualHostConfig { Name = x.Name, Domains = ValueList.From(x.Domains) })),
    });
}
