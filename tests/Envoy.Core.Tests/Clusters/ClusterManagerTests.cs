using System.Collections.Immutable;
using Envoy.Clusters;
using Envoy.Clusters.Hosts;
using Envoy.Net;
using Envoy.Runtime;
using static Envoy.Core.Tests.Clusters.ClusterTestBed;

namespace Envoy.Core.Tests.Clusters;

[TestFixture]
public sealed class ClusterManagerTests
{
    [Test]
    public async Task Initialize_TwoStaticHosts_EveryWorkerAlternates()
    {
        var bed = new ClusterTestBed(workers: 2);
        var ready = bed.Manager.InitializeAsync([Static("c", Endpoint("10.0.0.1"), Endpoint("::1"))]);
        bed.Turn();
        await ready;
        for (var worker = 0; worker < 2; worker++)
        {
            var picks = bed.Choose("c", 6, worker);
            Assert.That(picks.Distinct(), Is.EquivalentTo(new[] { "10.0.0.1:80", "[::1]:80" }));
            for (var i = 2; i < picks.Length; i++)
                Assert.That(picks[i], Is.EqualTo(picks[i - 2]));
        }

        Assert.That(bed.Gauge("cluster.c.membership_total"), Is.EqualTo(2));
        Assert.That(bed.Gauge("cluster.c.membership_healthy"), Is.EqualTo(2));
        Assert.That(bed.Counter("cluster.c.membership_change"), Is.EqualTo(1));
        Assert.That(bed.Gauge("cluster_manager.active_clusters"), Is.EqualTo(1));
        Assert.That(bed.Counter("cluster_manager.cluster_added"), Is.EqualTo(1));
    }

    [Test]
    public void Initialize_StaticPipe_IsAUnixSocket()
    {
        var bed = new ClusterTestBed();
        _ = bed.Manager.InitializeAsync([Static("c", new EndpointConfig(new PipeAddressConfig("/run/x")), new(new PipeAddressConfig("@y")))]);
        bed.Turn();
        Assert.That(bed.Hosts("c"), Is.EqualTo(new[] { "/run/x", "@y" }));
    }

    [Test]
    public void Initialize_NoClusters_IsReadyAtOnce()
        => Assert.That(new ClusterTestBed().Manager.InitializeAsync([]).IsCompletedSuccessfully, Is.True);

    [Test]
    public void Initialize_OneIsUnusable_NoneIsAdded()
    {
        var bed = new ClusterTestBed();
        var good = Static("good", Endpoint("10.0.0.1"));
        ClusterConfig[] bad =
        [
            Static("bad", Endpoint("myservice")),
            good,
            good with { Name = "" },
            good with { Name = "bad", ConnectTimeout = TimeSpan.Zero },
            good with { Name = "bad", DnsRefreshRate = TimeSpan.Zero },
            Static("bad", Endpoint("10.0.0.1", weight: 0)),
            good with { Name = "bad", Endpoints = [new LocalityEndpointsConfig { Priority = 129 }] },
            Static("bad", new EndpointConfig(new PipeAddressConfig("/run/x"))) with { Type = DiscoveryType.StrictDns },
        ];
        foreach (var config in bad)
            Assert.That(() => bed.Manager.InitializeAsync([good, config]), Throws.ArgumentException);
        bed.Turn();
        Assert.That(bed.Find("good"), Is.Null);
        Assert.That(bed.Manager.Active, Is.Empty);
        Assert.That(bed.Stats.Snapshot().Counters.Count(counter => counter.Name.StartsWith("cluster.", StringComparison.Ordinal)), Is.Zero);
    }

    [Test]
    public void Initialize_MalformedAddress_SaysWhichAndWhatToDo()
    {
        var bed = new ClusterTestBed();
        Assert.That(
            () => bed.Manager.InitializeAsync([Static("web", Endpoint("myservice"))]),
            Throws.ArgumentException.With.Message.Contains("'web'").And.Message.Contains("myservice:80").And.Message.Contains("STRICT_DNS"));
    }

    [Test]
    public void Initialize_AltStatName_IsUsedInStatistics()
    {
        var bed = new ClusterTestBed();
        _ = bed.Manager.InitializeAsync([Static("c", Endpoint("10.0.0.1")) with { AltStatName = "other:name" }]);
        bed.Turn();
        Assert.That(bed.Gauge("cluster.other_name.membership_total"), Is.EqualTo(1));
        Assert.That(bed.Gauge("cluster.other_name.circuit_breakers.high.cx_open"), Is.Zero);
        Assert.That(bed.Cluster("c").Snapshot.StatName, Is.EqualTo("other:name"));
    }

    [Test]
    public void AddOrUpdate_SameConfiguration_ChangesNothing()
    {
        var bed = new ClusterTestBed();
        _ = bed.Manager.AddOrUpdate(Static("c", Endpoint("10.0.0.1")));
        bed.Turn();
        var cluster = bed.Cluster("c");
        Assert.That(bed.Manager.AddOrUpdate(Static("c", Endpoint("10.0.0.1"))).IsCompletedSuccessfully, Is.True);
        bed.Turn();
        Assert.That(bed.Cluster("c"), Is.SameAs(cluster));
        Assert.That(bed.Counter("cluster_manager.cluster_modified"), Is.Zero);
    }

    [Test]
    public void AddOrUpdate_AnotherConfiguration_OldOneServesUntilTheNewOneIsWarm()
    {
        var bed = new ClusterTestBed();
        _ = bed.Manager.AddOrUpdate(Static("c", Endpoint("10.0.0.1")));
        bed.Turn();
        var old = bed.Cluster("c");
        var host = old.ChooseHost();
        var observer = new Observer();
        old.AddObserver(observer);
        var ready = bed.Manager.AddOrUpdate(Dns("c", "name"));
        bed.Turn();
        Assert.That((bed.Cluster("c"), ready.IsCompleted, bed.Gauge("cluster_manager.warming_clusters")), Is.EqualTo((old, false, 1L)));

        bed.Resolver.Answer("name", "10.0.0.9");
        bed.Turn();
        Assert.That(ready.IsCompletedSuccessfully, Is.True);
        Assert.That(bed.Hosts("c"), Is.EqualTo(new[] { "10.0.0.9:80" }));
        Assert.That((old.IsRemoved, old.ChooseHost()), Is.EqualTo((true, (Host?)null)));
        Assert.That(observer.Removed, Is.EqualTo(new[] { host }));
        Assert.That(bed.Counter("cluster_manager.cluster_modified"), Is.EqualTo(1));
        Assert.That(bed.Gauge("cluster.c.membership_total"), Is.EqualTo(1), "the statistics stay while one of the two has them");
    }

    [Test]
    public void AddOrUpdate_WhileWarming_ReplacesAndCancelsTheFirst()
    {
        var bed = new ClusterTestBed();
        var first = bed.Manager.AddOrUpdate(Dns("c", "first"));
        var second = bed.Manager.AddOrUpdate(Dns("c", "second"));
        Assert.That(first.IsCanceled, Is.True);
        bed.Resolver.Answer("first", "10.0.0.1");
        bed.Turn();
        Assert.That(bed.Find("c"), Is.Null);
        bed.Resolver.Answer("second", "10.0.0.2");
        bed.Turn();
        Assert.That(second.IsCompletedSuccessfully, Is.True);
        Assert.That(bed.Hosts("c"), Is.EqualTo(new[] { "10.0.0.2:80" }));
    }

    [Test]
    public void Remove_Active_WorkersLetGoAndStatisticsGo()
    {
        var bed = new ClusterTestBed(workers: 2);
        _ = bed.Manager.InitializeAsync([Static("c", Endpoint("10.0.0.1")), Static("d", Endpoint("10.0.0.2"))]);
        bed.Turn();
        var observers = new[] { new Observer(), new Observer() };
        bed.Cluster("c", 0).AddObserver(observers[0]);
        bed.Cluster("c", 1).AddObserver(observers[1]);
        Assert.That(bed.Manager.Remove("c"), Is.True);
        bed.Turn();
        Assert.That((bed.Find("c", 0), bed.Find("c", 1)), Is.EqualTo(((Cluster?)null, (Cluster?)null)));
        Assert.That(observers.Select(o => o.Removed.Single().Address), Is.All.EqualTo("10.0.0.1:80"));
        Assert.That(bed.Stats.Snapshot().Counters.Any(c => c.Name.StartsWith("cluster.c.", StringComparison.Ordinal)), Is.False);
        Assert.That(bed.Hosts("d"), Has.Length.EqualTo(1));
        Assert.That(bed.Manager.Remove("c"), Is.False);
    }

    [Test]
    public void Remove_Warming_IsCancelledAndNeverAppears()
    {
        var bed = new ClusterTestBed();
        var ready = bed.Manager.AddOrUpdate(Dns("c", "name"));
        bed.Resolver.Answer("name", "10.0.0.1");
        Assert.That(bed.Manager.Remove("c"), Is.True);
        bed.Turn();
        Assert.That((ready.IsCanceled, bed.Find("c")), Is.EqualTo((true, (Cluster?)null)));
    }

    [Test]
    public void Dispose_EndsDiscoveryForGood()
    {
        var bed = new ClusterTestBed();
        var ready = bed.Manager.InitializeAsync([Dns("warm", "warm"), Dns("warming", "warming")]);
        bed.Resolver.Answer("warm", "10.0.0.1");
        bed.Turn();
        bed.Manager.Dispose();
        bed.Resolver.Answer("warming", "10.0.0.2");
        bed.Advance(TimeSpan.FromMinutes(1));
        Assert.That(async () => await ready, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(bed.Resolver.Asked, Has.Count.EqualTo(2));
        Assert.That(bed.Find("warming"), Is.Null);
    }

    [Test]
    public void ChooseHost_SteadyState_AllocatesNothing()
    {
        var bed = new ClusterTestBed();
        _ = bed.Manager.InitializeAsync(
        [
            Static("equal", Endpoint("10.0.0.1"), Endpoint("10.0.0.2")),
            Static("weighted", Endpoint("10.0.0.1", 2), Endpoint("10.0.0.2", 5)),
            Static("random", Endpoint("10.0.0.1"), Endpoint("10.0.0.2")) with { LbPolicy = LoadBalancingPolicy.Random },
        ]);
        bed.Turn();
        var clusters = WorkerClusters.Of(bed.Workers[0]);
        foreach (var name in new[] { "equal", "weighted", "random" })
        {
            for (var i = 0; i < 100; i++)
                clusters.Find(name)!.ChooseHost();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 10_000; i++)
                clusters.Find(name)!.ChooseHost();
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero, name);
        }
    }

    [Test]
    public void Local_SecondCall_IsTheSameObject()
    {
        var bed = new ClusterTestBed();
        _ = bed.Manager.AddOrUpdate(Static("c", Endpoint("10.0.0.1")));
        bed.Turn();
        var made = bed.Cluster("c").Local(cluster => new Observer());
        Assert.That(bed.Cluster("c").Local(_ => new Observer()), Is.SameAs(made));
    }

    [Test]
    public async Task RunningLoops_InitializeChooseAndStop()
    {
        var bed = new ClusterTestBed(workers: 2);
        Worker[] loops = [bed.Main, .. bed.Workers];
        foreach (var loop in loops)
            loop.Start();
        var ready = await bed.Main.InvokeAsync(() => bed.Manager.InitializeAsync([Static("c", Endpoint("10.0.0.1")), Dns("d", "name")]));
        await bed.Main.InvokeAsync(() => bed.Resolver.Answer("name", "10.0.0.2"));
        await ready;
        foreach (var worker in bed.Workers)
        {
            // Posted after the task has completed, so behind the clusters.
            var chosen = await worker.InvokeAsync(() => WorkerClusters.Of(worker).Find("d")?.ChooseHost());
            Assert.That(chosen?.Address, Is.EqualTo("10.0.0.2:80"));
        }

#if DEBUG
        var cluster = await bed.Workers[0].InvokeAsync(() => WorkerClusters.Of(bed.Workers[0]).Find("c"));
        Assert.That(() => cluster!.ChooseHost(), Throws.InvalidOperationException);
        Assert.That(() => bed.Manager.Remove("c"), Throws.InvalidOperationException);
#endif
        await bed.Main.InvokeAsync(bed.Manager.Dispose);
        foreach (var loop in loops)
            loop.Stop();
        await Task.WhenAll(loops.Select(loop => loop.Stopped));
    }

    private sealed class Observer : IHostObserver
    {
        public List<Host> Removed { get; } = [];

        public void OnHostsRemoved(Cluster cluster, ImmutableArray<Host> hosts)
        {
            Removed.AddRange(hosts);
            cluster.RemoveObserver(this);
        }
    }
}
