using System.Net;
using System.Net.Sockets;
using Envoy.Extensions;
using Envoy.Listeners.Matching;
using Envoy.Net;

namespace Envoy.Core.Tests.Listeners;

/// <summary>The chain of each connection is Envoy's: one property after the other, the most specific value first, and no way back.</summary>
public sealed class FilterChainMatcherTests
{
    private const int Default = 99;

    private static readonly IPEndPoint Here = new(IPAddress.Parse("10.1.2.3"), 443);
    private static readonly IPEndPoint Client = new(IPAddress.Parse("192.0.2.1"), 5000);

    [Test]
    public void Find_NoMatch_TakesEverything()
    {
        Assert.That(Find([null]), Is.Zero);
        Assert.That(Find([new FilterChainMatchConfig()], remote: null, local: new UnixDomainSocketEndPoint("/a")), Is.Zero);
    }

    [Test]
    public void Find_NothingMatches_IsTheDefault() => Assert.That(Find([new() { DestinationPort = 80 }]), Is.EqualTo(Default));

    [Test]
    public void Find_PortHasAChain_NeverFallsBackToChainsWithoutPort()
    {
        // Envoy's own example: every other name on 443 goes nowhere although a chain without a port would take it.
        FilterChainMatchConfig?[] matches = [new() { DestinationPort = 443, ServerNames = ["*.foo.com"] }, null];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Find(matches, name: "a.foo.com"), Is.Zero);
            Assert.That(Find(matches, name: "a.bar.com"), Is.EqualTo(Default));
            Assert.That(Find(matches, name: "a.bar.com", local: new IPEndPoint(Here.Address, 80)), Is.EqualTo(1));
        }
    }

    [Test]
    public void Find_PrefixRanges_TheSmallestNetworkWinsAndStays()
    {
        FilterChainMatchConfig?[] matches =
        [
            new() { PrefixRanges = [new("10.0.0.0", 8)] },
            new() { PrefixRanges = [new("10.1.2.200", 24)], ServerNames = ["only.example"] },
            new() { PrefixRanges = [new("2001:db8::", 32)] },
        ];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Find(matches, name: "only.example"), Is.EqualTo(1));
            Assert.That(Find(matches, name: "other.example"), Is.EqualTo(Default), "no way back to 10.0.0.0/8");
            Assert.That(Find(matches, local: At("10.9.9.9")), Is.Zero);
            Assert.That(Find(matches, local: At("2001:db8::9")), Is.EqualTo(2));
            Assert.That(Find(matches, local: At("11.0.0.1")), Is.EqualTo(Default));
            Assert.That(Find(matches, local: new UnixDomainSocketEndPoint("/a")), Is.EqualTo(Default));
        }
    }

    [TestCase("www.example.com", 0)]
    [TestCase("a.www.example.com", 1, Description = "a wildcard of two labels, longer than the next")]
    [TestCase("x.example.com", 2)]
    [TestCase("x.y.example.com", 2, Description = "a wildcard stands for several labels")]
    [TestCase("example.com", 3, Description = "and for one at least")]
    [TestCase(".example.com", 2, Description = "what a wildcard is stored as")]
    [TestCase("", 3)]
    [TestCase("x", 3)]
    [TestCase("example.com.", 3)]
    public void Find_ServerNames_ExactThenLongestWildcardThenAny(string name, int chain) => Assert.That(
        Find([new() { ServerNames = ["WWW.Example.com"] }, new() { ServerNames = ["*.www.example.com"] }, new() { ServerNames = ["*.example.com"] }, null], name: name),
        Is.EqualTo(chain));

    [Test]
    public void Find_ExactName_NeverFallsBackToItsWildcard()
    {
        FilterChainMatchConfig?[] matches = [new() { ServerNames = ["www.example.com"], TransportProtocol = "tls" }, new() { ServerNames = ["*.example.com"] }];
        Assert.That(Find(matches, name: "www.example.com"), Is.EqualTo(Default));
        Assert.That(Find(matches, name: "www.example.com", transport: "tls"), Is.Zero);
    }

    [Test]
    public void Find_ApplicationProtocols_TheClientsOrderCounts()
    {
        FilterChainMatchConfig?[] matches = [new() { ApplicationProtocols = ["http/1.1"] }, new() { ApplicationProtocols = ["h2"] }, null];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Find(matches, protocols: ["x", "h2", "http/1.1"]), Is.EqualTo(1));
            Assert.That(Find(matches, protocols: ["http/1.1", "h2"]), Is.Zero);
            Assert.That(Find(matches, protocols: ["x"]), Is.EqualTo(2));
            Assert.That(Find(matches, protocols: []), Is.EqualTo(2));
        }
    }

    [Test]
    public void Find_DirectSource_ComesBeforeSource()
    {
        FilterChainMatchConfig?[] matches =
        [
            new() { DirectSourcePrefixRanges = [new("10.0.0.0", 8)] },
            new() { SourcePrefixRanges = [new("192.0.2.0", 24)] },
            null,
        ];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Find(matches, direct: At("10.0.0.1")), Is.Zero);
            Assert.That(Find(matches, direct: At("11.0.0.1")), Is.EqualTo(1));
            Assert.That(Find(matches, remote: At("192.0.3.1"), direct: At("11.0.0.1")), Is.EqualTo(2));
        }
    }

    [TestCase("127.0.0.1", 0)]
    [TestCase("::1", 0)]
    [TestCase("10.1.2.3", 0, Description = "the address it came to")]
    [TestCase("127.0.0.2", 1, Description = "Envoy's loopback address is one, not a network")]
    [TestCase("192.0.2.1", 1)]
    public void Find_SourceType_HereOrElsewhere(string remote, int chain) => Assert.That(
        Find([new() { SourceType = ConnectionSourceType.SameIpOrLoopback }, new() { SourceType = ConnectionSourceType.External }, null], remote: At(remote)), Is.EqualTo(chain));

    [Test]
    public void Find_SourceType_OneWithoutAChain_IsAny()
    {
        FilterChainMatchConfig?[] matches = [new() { SourceType = ConnectionSourceType.SameIpOrLoopback }, null];
        Assert.That(Find(matches), Is.EqualTo(1));
        Assert.That(Find(matches, remote: null), Is.Zero, "a Unix socket is of this machine");
    }

    [Test]
    public void Find_SourcePorts_ThePortThenAny()
    {
        FilterChainMatchConfig?[] matches = [new() { SourcePorts = [5000, 5001] }, null];
        Assert.That(Find(matches), Is.Zero);
        Assert.That(Find(matches, remote: new IPEndPoint(Client.Address, 5002)), Is.EqualTo(1));
    }

    [TestCaseSource(nameof(Overlaps))]
    public void Compile_TheSameConnectionsTwice_NamesBoth(FilterChainMatchConfig? first, FilterChainMatchConfig? second, bool overlaps)
    {
        var errors = new List<(int Chain, string Field, int Earlier)>();
        _ = FilterChainMatcher.Compile([first, second], -1, (chain, field, _, earlier) => errors.Add((chain, field, earlier)));
        Assert.That(errors, overlaps ? Is.EqualTo(new[] { (1, "", 0) }) : Is.Empty);
    }

    private static IEnumerable<TestCaseData> Overlaps()
    {
        yield return new TestCaseData(null, new FilterChainMatchConfig(), true);
        yield return new TestCaseData(new FilterChainMatchConfig { ServerNames = ["a", "b"] }, new FilterChainMatchConfig { ServerNames = ["c", "B"] }, true);
        yield return new TestCaseData(new FilterChainMatchConfig { PrefixRanges = [new("10.0.0.1", 8)] }, new FilterChainMatchConfig { PrefixRanges = [new("10.9.0.0", 8)] }, true);
        yield return new TestCaseData(new FilterChainMatchConfig { PrefixRanges = [new("10.0.0.0", 8)] }, new FilterChainMatchConfig { PrefixRanges = [new("10.0.0.0", 9)] }, false);
        yield return new TestCaseData(new FilterChainMatchConfig { ServerNames = ["a"] }, new FilterChainMatchConfig { ServerNames = ["a"], TransportProtocol = "tls" }, false);
        yield return new TestCaseData(new FilterChainMatchConfig { SourcePorts = [1, 2] }, new FilterChainMatchConfig { SourcePorts = [2, 3] }, true);
        yield return new TestCaseData(new FilterChainMatchConfig { SourcePorts = [1] }, null, false);
    }

    [TestCaseSource(nameof(Wrong))]
    public void Compile_WrongValue_IsSaid(FilterChainMatchConfig match, string field)
    {
        var fields = new List<string>();
        _ = FilterChainMatcher.Compile([match], -1, (_, name, _, _) => fields.Add(name));
        Assert.That(fields, Is.EqualTo(new[] { field }));
    }

    private static IEnumerable<TestCaseData> Wrong()
    {
        yield return new TestCaseData(new FilterChainMatchConfig { ServerNames = ["a", "*"] }, "server_names[1]");
        yield return new TestCaseData(new FilterChainMatchConfig { ServerNames = ["w*.example.com"] }, "server_names[0]");
        yield return new TestCaseData(new FilterChainMatchConfig { PrefixRanges = [new("10.0.0", 8)] }, "prefix_ranges[0]").SetDescription("no address");
        yield return new TestCaseData(new FilterChainMatchConfig { SourcePrefixRanges = [new("10.0.0.0", 33)] }, "source_prefix_ranges[0]");
        yield return new TestCaseData(new FilterChainMatchConfig { DirectSourcePrefixRanges = [new("x", 3)] }, "direct_source_prefix_ranges[0]");
        yield return new TestCaseData(new FilterChainMatchConfig { DestinationPort = 0 }, "destination_port");
        yield return new TestCaseData(new FilterChainMatchConfig { SourcePorts = [65536] }, "source_ports[0]");
    }

    private static int Find(
        FilterChainMatchConfig?[] matches, string name = "", string transport = "raw_buffer", ValueList<string>? protocols = null, EndPoint? local = null, EndPoint? direct = null) =>
        Find(matches, Client, name, transport, protocols, local, direct);

    private static int Find(
        FilterChainMatchConfig?[] matches, EndPoint? remote, string name = "", string transport = "raw_buffer", ValueList<string>? protocols = null, EndPoint? local = null,
        EndPoint? direct = null)
    {
        var matcher = FilterChainMatcher.Compile(matches, Default, (chain, field, message, earlier) => Assert.Fail($"{chain} {field} {message} {earlier}"));
        return matcher.Find(new ConnectionFacts(local ?? Here, remote, direct ?? remote, name, transport, protocols ?? []));
    }

    private static IPEndPoint At(string address) => new(IPAddress.Parse(address), 443);
}
