using System.Net;
using Envoy.Clusters.Hosts;
using Envoy.Clusters.LoadBalancing;

namespace Envoy.Core.Tests.Clusters.LoadBalancing;

[TestFixture]
public sealed class RandomBalancerTests
{
    [Test]
    public void Choose_NoHosts_IsNull()
    {
        var balancer = new RandomBalancer(new Random(1));
        Assert.That(balancer.Choose(), Is.Null);
        balancer.OnHostsChanged(HostSetSnapshot.Empty.Usable);
        Assert.That(balancer.Choose(), Is.Null);
    }

    [Test]
    public void Choose_DifferentWeights_UniformAllTheSameAndAllocatesNothing()
    {
        const int Rounds = 60_000;
        Host[] hosts = [.. new uint[] { 1, 10, 100 }.Select((w, i) => new Host(new HostSpec(new IPEndPoint(IPAddress.Loopback, i), "", w)))];
        var balancer = new RandomBalancer(new Random(1));
        balancer.OnHostsChanged(new HostSetSnapshot([new LocalityHosts(0, [.. hosts])]).Usable);
        var picks = new int[3];
        balancer.Choose();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
            picks[Array.IndexOf(hosts, balancer.Choose())]++;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(allocated, Is.Zero);
        // Five standard deviations.
        Assert.That(picks, Is.All.EqualTo(Rounds / 3).Within(5 * 116));
    }
}
