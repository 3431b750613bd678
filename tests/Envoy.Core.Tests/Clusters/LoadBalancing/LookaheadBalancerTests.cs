using System.Net;
using Envoy.Clusters.Hosts;
using Envoy.Clusters.LoadBalancing;

namespace Envoy.Core.Tests.Clusters.LoadBalancing;

[TestFixture]
public sealed class LookaheadBalancerTests
{
    [Test]
    public void Peek_NoHosts_IsNull()
    {
        var balancer = new LookaheadBalancer(new RoundRobinBalancer(0));
        balancer.OnHostsChanged(HostSetSnapshot.Empty.Usable);
        Assert.That(balancer.Peek(), Is.Null);
        Assert.That(balancer.Choose(), Is.Null);
    }

    [Test]
    public void Choose_AfterPeeks_FollowsThemInOrder()
    {
        var hosts = Hosts(3);
        var balancer = Balancer(hosts);
        Assert.That(balancer.Choose(), Is.SameAs(hosts[0]));
        Assert.That(balancer.Peek(), Is.SameAs(hosts[1]));
        Assert.That(balancer.Peek(), Is.SameAs(hosts[2]));
        Assert.That(new[] { balancer.Choose(), balancer.Choose(), balancer.Choose() }, Is.EqualTo(new[] { hosts[1], hosts[2], hosts[0] }));
    }

    [Test]
    public void Peek_AsOftenAsThereAreHosts_ThenNull()
    {
        var balancer = Balancer(Hosts(2));
        Assert.That(balancer.Peek(), Is.Not.Null);
        Assert.That(balancer.Peek(), Is.Not.Null);
        Assert.That(balancer.Peek(), Is.Null);
    }

    [Test]
    public void Choose_AfterHostsHaveChanged_ForgetsWhatWasPeeked()
    {
        var balancer = Balancer(Hosts(2));
        balancer.Peek();
        var hosts = Hosts(1);
        balancer.OnHostsChanged(Source(hosts));
        Assert.That(balancer.Choose(), Is.SameAs(hosts[0]));
    }

    private static LookaheadBalancer Balancer(Host[] hosts)
    {
        var balancer = new LookaheadBalancer(new RoundRobinBalancer(0));
        balancer.OnHostsChanged(Source(hosts));
        return balancer;
    }

    private static HostSource Source(Host[] hosts) => new HostSetSnapshot([new LocalityHosts(0, [.. hosts])]).Usable;

    private static Host[] Hosts(int count) => [.. Enumerable.Range(1, count).Select(i => new Host(new HostSpec(new IPEndPoint(IPAddress.Loopback, i), "", 1)))];
}
