using System.Net;
using Envoy.Clusters.Hosts;
using Envoy.Clusters.LoadBalancing;

namespace Envoy.Core.Tests.Clusters.LoadBalancing;

[TestFixture]
public sealed class RoundRobinBalancerTests
{
    [Test]
    public void Choose_NoHosts_IsNull()
    {
        var balancer = new RoundRobinBalancer(0);
        Assert.That(balancer.Choose(), Is.Null);
        balancer.OnHostsChanged(HostSetSnapshot.Empty.Usable);
        Assert.That(balancer.Choose(), Is.Null);
    }

    [Test]
    public void Choose_OneHost_IsThatHost()
    {
        var hosts = Hosts(1);
        var balancer = Balancer(5, hosts);
        Assert.That(Picks(balancer, hosts, 3), Is.EqualTo(new[] { 0, 0, 0 }));
    }

    [Test]
    public void Choose_EqualWeights_InTurnAndGoesOnWhenHostsAreAdded()
    {
        var hosts = Hosts(1, 1);
        var balancer = Balancer(0, hosts);
        Assert.That(Picks(balancer, hosts, 5), Is.EqualTo(new[] { 0, 1, 0, 1, 0 }));

        // The index is 5 and stays: 5 modulo 3 is 2.
        hosts = [.. hosts, .. Hosts(1)];
        balancer.OnHostsChanged(Source((0, hosts)));
        Assert.That(Picks(balancer, hosts, 4), Is.EqualTo(new[] { 2, 0, 1, 2 }));
    }

    [Test]
    public void Choose_EqualWeights_BeginsAtTheSeed()
    {
        var hosts = Hosts(1, 1, 1);
        Assert.That(Picks(Balancer(1, hosts), hosts, 4), Is.EqualTo(new[] { 1, 2, 0, 1 }));
    }

    [Test]
    public void Choose_Weighted_InEnvoysOrder()
    {
        var hosts = Hosts(1, 2);
        var balancer = Balancer(0, hosts);
        Assert.That(Picks(balancer, hosts, 6), Is.EqualTo(new[] { 1, 0, 1, 1, 0, 1 }));

        // New weights count from a host's next pick on, without a new set.
        hosts[0].Weight = 2;
        hosts[1].Weight = 1;
        Assert.That(Picks(balancer, hosts, 8), Is.EqualTo(new[] { 1, 0, 0, 1, 0, 0, 1, 0 }));

        hosts = [.. hosts, .. Hosts(3)];
        balancer.OnHostsChanged(Source((0, hosts)));
        Assert.That(Picks(balancer, hosts, 12), Is.EqualTo(new[] { 2, 0, 2, 1, 0, 2, 2, 0, 2, 1, 0, 2 }));

        hosts = [hosts[0], .. Hosts(4)];
        hosts[0].Weight = 1;
        balancer.OnHostsChanged(Source((0, hosts)));
        Assert.That(Picks(balancer, hosts, 10), Is.EqualTo(new[] { 1, 1, 1, 0, 1, 1, 1, 1, 0, 1 }));
    }

    [Test]
    public void Choose_Weighted_SeedMakesPicksInAdvance()
    {
        var hosts = Hosts(1, 2);
        Assert.That(Picks(Balancer(1, hosts), hosts, 6), Is.EqualTo(new[] { 0, 1, 1, 0, 1, 1 }));
    }

    [Test]
    public void Choose_Weighted_ConsecutiveSeedsBeginWithEveryHostByWeight()
    {
        var hosts = Hosts(6, 3, 1);
        var first = new int[3];
        for (var seed = 0ul; seed < 10; seed++)
            first[Picks(Balancer(seed, hosts), hosts, 1)[0]]++;
        Assert.That(first, Is.EqualTo(new[] { 6, 3, 1 }));
    }

    [Test]
    public void Choose_WeightsBecomeEqual_PlainTurns()
    {
        var hosts = Hosts(1, 2);
        var balancer = Balancer(0, hosts);
        Picks(balancer, hosts, 5);
        hosts[1].Weight = 1;
        balancer.OnHostsChanged(Source((0, hosts)));
        Assert.That(Picks(balancer, hosts, 4), Is.EqualTo(new[] { 0, 1, 0, 1 }));
    }

    [Test]
    public void Choose_Priorities_HighestWithHostsAndEachWithItsOwnTurn()
    {
        var (high, low) = (Hosts(1, 1), Hosts(1, 1, 1));
        var balancer = new RoundRobinBalancer(0);
        balancer.OnHostsChanged(Source((0, high), (2, low)));
        Assert.That(Picks(balancer, high, 3), Is.EqualTo(new[] { 0, 1, 0 }));
        balancer.OnHostsChanged(Source((0, []), (2, low)));
        Assert.That(Picks(balancer, low, 2), Is.EqualTo(new[] { 0, 1 }));
        balancer.OnHostsChanged(Source((0, high), (2, low)));
        Assert.That(Picks(balancer, high, 1), Is.EqualTo(new[] { 1 }));
        balancer.OnHostsChanged(Source());
        Assert.That(balancer.Choose(), Is.Null);
    }

    [Test]
    public void Choose_SteadyState_AllocatesNothing()
    {
        foreach (var hosts in new[] { Hosts(1, 1, 1), Hosts(1, 2, 3) })
        {
            var balancer = Balancer(0, hosts);
            for (var i = 0; i < 100; i++)
                balancer.Choose();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 10_000; i++)
                balancer.Choose();
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        }
    }

    private static Host[] Hosts(params uint[] weights)
        => [.. weights.Select((weight, i) => new Host(new HostSpec(new IPEndPoint(IPAddress.Loopback, 80 + i), "", weight)))];

    private static HostSource Source(params (uint Priority, Host[] Hosts)[] priorities)
        => new HostSetSnapshot([.. priorities.Select(p => new LocalityHosts(p.Priority, [.. p.Hosts]))]).Usable;

    private static RoundRobinBalancer Balancer(ulong seed, Host[] hosts)
    {
        var balancer = new RoundRobinBalancer(seed);
        balancer.OnHostsChanged(Source((0, hosts)));
        return balancer;
    }

    private static int[] Picks(RoundRobinBalancer balancer, Host[] hosts, int count)
        => [.. Enumerable.Range(0, count).Select(_ => Array.IndexOf(hosts, balancer.Choose()))];
}
