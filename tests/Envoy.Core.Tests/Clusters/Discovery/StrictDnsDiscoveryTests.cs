using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Envoy.Clusters;
using Envoy.Clusters.Hosts;
using Envoy.Runtime.Resolver;
using static Envoy.Core.Tests.Clusters.ClusterTestBed;

namespace Envoy.Core.Tests.Clusters.Discovery;

[TestFixture]
public sealed class StrictDnsDiscoveryTests
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);

    [Test]
    public async Task Start_FirstAnswer_CompletesInitialisation()
    {
        var bed = new ClusterTestBed();
        var ready = bed.Manager.InitializeAsync([Dns("c", "name")]);
        bed.Turn();
        Assert.That((ready.IsCompleted, bed.Find("c")), Is.EqualTo((false, (Cluster?)null)));
        bed.Resolver.Answer("name", "10.0.0.2", "10.0.0.1", "10.0.0.2");
        bed.Turn();
        await ready;
        Assert.That(bed.Hosts("c"), Is.EqualTo(new[] { "10.0.0.2:80", "10.0.0.1:80" }), "the resolver's order, without repetitions");
        Assert.That(bed.Cluster("c").Hosts.All[0].Hostname, Is.EqualTo("name"));
        Assert.That(bed.Counter("cluster.c.update_attempt"), Is.EqualTo(1));
        Assert.That(bed.Counter("cluster.c.update_success"), Is.EqualTo(1));
        Assert.That(bed.Counter("cluster.c.membership_change"), Is.EqualTo(1));
        Assert.That(bed.Gauge("cluster.c.membership_total"), Is.EqualTo(2));
    }

    [Test]
    public async Task Start_FirstQueryFails_GoesOnEmptyAndAsksAgain()
    {
        var bed = new ClusterTestBed();
        var ready = bed.Manager.InitializeAsync([Dns("c", "name")]);
        bed.Resolver.Fail("name");
        bed.Turn();
        await ready;
        Assert.That(bed.Cluster("c").ChooseHost(), Is.Null);
        Assert.That(bed.Counter("cluster.c.update_failure"), Is.EqualTo(1));

        bed.Advance(Refresh);
        bed.Resolver.Answer("name", "10.0.0.1");
        bed.Turn();
        Assert.That(bed.Choose("c", 1), Is.EqualTo(new[] { "10.0.0.1:80" }));
    }

    [Test]
    public async Task Start_ResolverThrows_IsAFailure()
    {
        var bed = new ClusterTestBed();
        bed.Resolver.Throws = new InvalidOperationException("broken");
        var ready = bed.Manager.InitializeAsync([Dns("c", "name")]);
        bed.Turn();
        bed.Advance(Refresh);
        await ready;
        Assert.That(bed.Counter("cluster.c.update_failure"), Is.EqualTo(2));
    }

    [Test]
    public async Task Start_NoEndpoints_IsReadyWithoutHosts()
    {
        var bed = new ClusterTestBed();
        var ready = bed.Manager.InitializeAsync([Dns("c")]);
        bed.Turn();
        await ready;
        Assert.That(bed.Hosts("c"), Is.Empty);
    }

    [Test]
    public void Refresh_AtItsRate_CountedFromTheAnswer()
    {
        var bed = new ClusterTestBed();
        _ = bed.Manager.InitializeAsync([Dns("c", "name") with { DnsRefreshRate = TimeSpan.FromSeconds(2) }]);
        bed.Advance(TimeSpan.FromSeconds(10));
        Assert.That(bed.Resolver.Asked, Has.Count.EqualTo(1), "one question at a time");
        bed.Resolver.Answer("name", "10.0.0.1");
        bed.Turn();
        bed.Advance(TimeSpan.FromSeconds(1.9));
        Assert.That(bed.Resolver.Asked, Has.Count.EqualTo(1));
        bed.Advance(TimeSpan.FromSeconds(0.1));
        Assert.That(bed.Resolver.Asked, Has.Count.EqualTo(2));
    }

    [Test]
    public void Refresh_Fails_KeepsTheHosts()
    {
        var bed = Warm("10.0.0.1");
        bed.Advance(Refresh);
        bed.Resolver.Fail("name");
        bed.Turn();
        Assert.That(bed.Hosts("c"), Is.EqualTo(new[] { "10.0.0.1:80" }));
        bed.Advance(Refresh);
        Assert.That(bed.Resolver.Open, Is.EqualTo(1), "asked again");
    }

    [Test]
    public void Refresh_EmptyAnswer_EmptiesTheCluster()
    {
        var bed = Warm("10.0.0.1");
        bed.Advance(Refresh);
        bed.Resolver.Answer("name");
        bed.Turn();
        Assert.That(bed.Hosts("c"), Is.Empty);
        Assert.That(bed.Cluster("c").ChooseHost(), Is.Null);
        Assert.That(bed.Gauge("cluster.c.membership_total"), Is.Zero);
        Assert.That(bed.Counter("cluster.c.membership_change"), Is.EqualTo(2));
    }

    [Test]
    public void Refresh_SameAddressesInAnotherOrder_PublishesNothing()
    {
        var bed = Warm("10.0.0.1", "10.0.0.2");
        var hosts = bed.Cluster("c").Hosts;
        bed.Advance(Refresh);
        bed.Resolver.Answer("name", "10.0.0.2", "10.0.0.1");
        bed.Turn();
        Assert.That(bed.Cluster("c").Hosts, Is.SameAs(hosts));
        Assert.That(bed.Counter("cluster.c.update_no_rebuild"), Is.EqualTo(1));
        Assert.That(bed.Counter("cluster.c.membership_change"), Is.EqualTo(1));
        Assert.That(bed.Counter("cluster_manager.cluster_updated"), Is.Zero);
    }

    [Test]
    public void Refresh_OneAddressReplaced_TheOtherHostIsTheSameOnEveryWorkerAndPoolsAreTold()
    {
        var bed = Warm("10.0.0.1", "10.0.0.2");
        var before = bed.Cluster("c").Hosts.All;
        Assert.That(bed.Cluster("c", 1).Hosts.All, Is.EqualTo(before), "hosts are shared by the workers");
        var observer = new Observer();
        bed.Cluster("c").AddObserver(observer);
        bed.Advance(Refresh);
        bed.Resolver.Answer("name", "10.0.0.2", "10.0.0.3");
        bed.Turn();
        var after = bed.Cluster("c").Hosts.All;
        Assert.That(after[0], Is.SameAs(before[1]));
        Assert.That(observer.Removed, Is.EqualTo(new[] { before[0] }));
        Assert.That(bed.Cluster("c").IsRemoved, Is.False);
        Assert.That(bed.Counter("cluster_manager.cluster_updated"), Is.EqualTo(1));
        Assert.That(bed.Choose("c", 4).Distinct(), Is.EquivalentTo(new[] { "10.0.0.2:80", "10.0.0.3:80" }));
    }

    [Test]
    public async Task SeveralNames_ResolvedEachForItself_MergedInTheOrderOfTheConfiguration()
    {
        var bed = new ClusterTestBed();
        var ready = bed.Manager.InitializeAsync([Dns("c", "one", "two")]);
        bed.Resolver.Answer("two", "10.0.0.2", "10.0.0.9");
        bed.Turn();
        await ready; // The first name is enough, as in Envoy.
        bed.Resolver.Answer("one", "10.0.0.1", "10.0.0.9");
        bed.Turn();
        Assert.That(bed.Hosts("c"), Is.EqualTo(new[] { "10.0.0.1:80", "10.0.0.9:80", "10.0.0.2:80", "10.0.0.9:80" }), "repeated across names");

        bed.Advance(Refresh);
        bed.Resolver.Answer("one");
        bed.Resolver.Fail("two");
        bed.Turn();
        Assert.That(bed.Hosts("c"), Is.EqualTo(new[] { "10.0.0.2:80", "10.0.0.9:80" }));
    }

    [Test]
    public void SeveralNames_AnsweredTogether_BeginTogether()
    {
        var bed = new ClusterTestBed();
        _ = bed.Manager.InitializeAsync([Dns("c", "one", "two")]);
        bed.Resolver.Answer("one", "10.0.0.1");
        bed.Resolver.Answer("two", "10.0.0.2");
        bed.Turn();
        Assert.That(bed.Hosts("c"), Has.Length.EqualTo(2));
        Assert.That(bed.Counter("cluster_manager.cluster_updated"), Is.Zero, "nobody ever saw one of them alone");
    }

    [Test]
    public async Task IpLiterals_NeedNoQuestion()
    {
        var bed = new ClusterTestBed();
        var ready = bed.Manager.InitializeAsync([Dns("c", "127.0.0.1", "::1")]);
        bed.Turn();
        bed.Advance(TimeSpan.FromMinutes(1));
        await ready;
        Assert.That(bed.Hosts("c"), Is.EqualTo(new[] { "127.0.0.1:80", "[::1]:80" }));
        Assert.That(bed.Resolver.Asked, Is.Empty);
    }

    [TestCase(DnsLookupFamily.Auto, AddressFamily.Unspecified, "[::1]:80 [::2]:80")]
    [TestCase(DnsLookupFamily.V4Only, AddressFamily.InterNetwork, "10.0.0.1:80 10.0.0.2:80")]
    [TestCase(DnsLookupFamily.V6Only, AddressFamily.InterNetworkV6, "[::1]:80 [::2]:80")]
    [TestCase(DnsLookupFamily.V4Preferred, AddressFamily.Unspecified, "10.0.0.1:80 10.0.0.2:80")]
    [TestCase(DnsLookupFamily.All, AddressFamily.Unspecified, "[::1]:80 [::2]:80 10.0.0.1:80 10.0.0.2:80")]
    public void LookupFamily_BothKindsInTheAnswer_SomeAreUsed(DnsLookupFamily family, AddressFamily asked, string hosts)
    {
        var bed = new ClusterTestBed();
        _ = bed.Manager.InitializeAsync([Dns("c", "name") with { DnsLookupFamily = family }]);
        Assert.That(bed.Resolver.Asked.Single().Family, Is.EqualTo(asked));
        bed.Resolver.Answer("name", "10.0.0.1", "::1", "10.0.0.2", "::2");
        bed.Turn();
        Assert.That(string.Join(' ', bed.Hosts("c")), Is.EqualTo(hosts));
    }

    [TestCase(DnsLookupFamily.Auto, "10.0.0.1:80")]
    [TestCase(DnsLookupFamily.V4Only, "10.0.0.1:80")]
    [TestCase(DnsLookupFamily.V6Only, "")]
    [TestCase(DnsLookupFamily.V4Preferred, "10.0.0.1:80")]
    [TestCase(DnsLookupFamily.All, "10.0.0.1:80")]
    public void LookupFamily_OnlyV4InTheAnswer_PreferencesFallBack(DnsLookupFamily family, string hosts)
    {
        var bed = new ClusterTestBed();
        _ = bed.Manager.InitializeAsync([Dns("c", "name") with { DnsLookupFamily = family }]);
        bed.Resolver.Answer("name", "10.0.0.1");
        bed.Turn();
        Assert.That(string.Join(' ', bed.Hosts("c")), Is.EqualTo(hosts));
    }

    [Test]
    public void Answer_TwiceToOneQuestion_FirstCounts()
    {
        var bed = new ClusterTestBed();
        _ = bed.Manager.InitializeAsync([Dns("c", "name")]);
        var done = bed.Resolver.Take("name");
        done(DnsResult.Success(IPAddress.Parse("10.0.0.1")));
        done(DnsResult.Success(IPAddress.Parse("10.0.0.2")));
        bed.Turn();
        done(DnsResult.Success(IPAddress.Parse("10.0.0.3")));
        bed.Turn();
        Assert.That(bed.Hosts("c"), Is.EqualTo(new[] { "10.0.0.1:80" }));
    }

    [Test]
    public void Answer_FromAnotherThread_IsTakenOnMain()
    {
        var bed = new ClusterTestBed();
        var ready = bed.Manager.InitializeAsync([Dns("c", "name")]);
        var thread = new Thread(() => bed.Resolver.Answer("name", "10.0.0.1"));
        thread.Start();
        thread.Join();
        Assert.That(ready.IsCompleted, Is.False);
        bed.Turn();
        Assert.That(bed.Hosts("c"), Has.Length.EqualTo(1));
    }

    private static ClusterTestBed Warm(params string[] addresses)
    {
        var bed = new ClusterTestBed(workers: 2);
        _ = bed.Manager.InitializeAsync([Dns("c", "name")]);
        bed.Resolver.Answer("name", addresses);
        bed.Turn();
        return bed;
    }

    private sealed class Observer : IHostObserver
    {
        public List<Host> Removed { get; } = [];

        public void OnHostsRemoved(Cluster cluster, ImmutableArray<Host> hosts) => Removed.AddRange(hosts);
    }
}
