using Envoy.Clusters;
using Envoy.Clusters.Hosts;
using Envoy.Extensions;
using Envoy.TransportSockets;
using Envoy.TransportSockets.ProxyProtocol;
using Envoy.TransportSockets.Tls;
using static Envoy.Core.Tests.Clusters.ClusterTestBed;

namespace Envoy.Core.Tests.Clusters;

/// <summary>Which of a cluster's transport sockets a host has.</summary>
public sealed class TransportSocketMatchTests
{
    private static readonly UpstreamTransportSocketConfig Tls = new("tls", new UpstreamTlsOptions());
    private static readonly UpstreamTransportSocketConfig Raw = new("raw", new UpstreamRawBufferOptions());
    private static readonly UpstreamTransportSocketConfig Header = new("header", new UpstreamProxyProtocolOptions { TransportSocket = Tls });

    private static readonly TransportSocketMatchConfig[] Matches =
    [
        new("both", Raw) { Match = StructValue.LabelsOf(("a", "1"), ("b", "2")) },
        new("one", Header) { Match = StructValue.LabelsOf(("a", "1")) },
        new("number", Raw) { Match = StructValue.MappingOf([new("a", StructValue.Of(1))]) },
    ];

    [TestCase("", "", "default")]
    [TestCase("a=1", "", "one")]
    [TestCase("a=1,c=3", "", "one")]
    [TestCase("a=1,b=2", "", "both")]
    [TestCase("a=1,b=3", "", "one")]
    [TestCase("a=2", "", "default")]
    [TestCase("a=#1", "", "number")]
    [TestCase("b=2", "a=1", "one", Description = "the locality's, not both together")]
    [TestCase("a=1", "a=1,b=2", "one", Description = "the endpoint's own come first, by all of the matches")]
    [TestCase("a=2", "a=1,b=2", "both")]
    public void Host_HasTheFirstSocketThatMatches(string endpoint, string locality, string expected)
    {
        var bed = new ClusterTestBed();
        var config = new ClusterConfig
        {
            Name = "c",
            TransportSocket = Tls,
            TransportSocketMatches = [.. Matches],
            Endpoints =
            [
                new LocalityEndpointsConfig { Metadata = Labels(locality), LbEndpoints = [Endpoint("10.0.0.1") with { Metadata = Labels(endpoint) }] },
            ],
        };
        _ = bed.Manager.InitializeAsync([config]);
        bed.Turn();
        var cluster = WorkerClusters.Of(bed.Workers[0]).Find("c")!;
        var socket = cluster.SocketOf(cluster.Hosts.All[0]);
        var names = new[] { "default", "both", "one", "number" };
        using (Assert.EnterMultipleScope())
        {
            Assert.That(names.Where(n => bed.Counter($"cluster.c.{n}.total_match_count") == 1), Is.EqualTo(new[] { expected }));
            Assert.That(socket is null, Is.EqualTo(expected is "both" or "number"));
            Assert.That(socket?.TellsClient ?? false, Is.EqualTo(expected == "one"));
            Assert.That(socket?.IsSecure ?? false, Is.EqualTo(expected is "one" or "default"));
        }
    }

    [Test]
    public void EmptyMatch_IsEveryHosts()
    {
        var bed = new ClusterTestBed();
        _ = bed.Manager.InitializeAsync([Static("c", Endpoint("10.0.0.1"), Endpoint("10.0.0.2") with { Metadata = Labels("x=y") }) with { TransportSocketMatches = [new("any", Raw)] }]);
        bed.Turn();
        Assert.That(bed.Counter("cluster.c.any.total_match_count"), Is.EqualTo(2));
        Assert.That(bed.Counter("cluster.c.default.total_match_count"), Is.Zero);
    }

    [Test]
    public void ResolvedHosts_HaveTheirNamesSocket()
    {
        var bed = new ClusterTestBed();
        var config = Dns("c", "a.test", "b.test");
        var locality = config.Endpoints[0];
        config = config with
        {
            TransportSocketMatches = [new("one", Header) { Match = StructValue.LabelsOf(("a", "1")) }],
            Endpoints = [locality with { LbEndpoints = [locality.LbEndpoints[0] with { Metadata = Labels("a=1") }, locality.LbEndpoints[1]] }],
        };
        _ = bed.Manager.InitializeAsync([config]);
        bed.Resolver.Answer("a.test", "10.0.0.1", "10.0.0.2");
        bed.Resolver.Answer("b.test", "10.0.0.3");
        bed.Turn();
        var cluster = WorkerClusters.Of(bed.Workers[0]).Find("c")!;
        Assert.That(cluster.Hosts.All.Select(h => (h.Address, h.SocketIndex)), Is.EqualTo(new[] { ("10.0.0.1:80", 0), ("10.0.0.2:80", 0), ("10.0.0.3:80", ClusterSockets.DefaultIndex) }));
        Assert.That(bed.Counter("cluster.c.one.total_match_count"), Is.EqualTo(2));
        Assert.That(bed.Counter("cluster.c.default.total_match_count"), Is.EqualTo(1));
    }

    private static MetadataConfig Labels(string text)
    {
        if (text.Length == 0)
            return MetadataConfig.Empty;
        var fields = text.Split(',').Select(f => f.Split('=')).Select(f => new StructField(f[0], f[1][0] == '#' ? StructValue.Of(double.Parse(f[1][1..], null)) : StructValue.Of(f[1])));
        return new MetadataConfig { Filters = StructValue.MappingOf([new StructField(TransportSocketMatchConfig.MetadataNamespace, StructValue.MappingOf(fields))]) };
    }
}
