using System.Collections.Immutable;
using System.Net;
using Envoy.Clusters.Hosts;

namespace Envoy.Core.Tests.Clusters.Hosts;

[TestFixture]
public sealed class HostReconciliationTests
{
    [Test]
    public void Of_FirstHosts_AllAdded()
    {
        var update = HostReconciliation.Of([], [Spec(1), Spec(2)]);
        Assert.That(update.Changed, Is.True);
        Assert.That(update.Added, Is.EqualTo(update.Hosts));
        Assert.That(update.Removed, Is.Empty);
        Assert.That(update.Hosts.Select(host => host.Address), Is.EqualTo(new[] { "10.0.0.1:80", "10.0.0.2:80" }));
    }

    [Test]
    public void Of_OneGoesOneComes_TheOtherIsTheSameObject()
    {
        var before = HostReconciliation.Of([], [Spec(1), Spec(2)]).Hosts;
        var update = HostReconciliation.Of(before, [Spec(3), Spec(2)]);
        Assert.That(update.Changed, Is.True);
        Assert.That(update.Hosts[1], Is.SameAs(before[1]));
        Assert.That(update.Added, Is.EqualTo(new[] { update.Hosts[0] }));
        Assert.That(update.Removed, Is.EqualTo(new[] { before[0] }));
    }

    [Test]
    public void Of_AnotherOrder_IsNoChange()
    {
        var before = HostReconciliation.Of([], [Spec(1), Spec(2)]).Hosts;
        var update = HostReconciliation.Of(before, [Spec(2), Spec(1)]);
        Assert.That(update.Changed, Is.False);
        Assert.That(update.Hosts, Is.EqualTo(new[] { before[1], before[0] }));
    }

    [Test]
    public void Of_AnotherWeight_SameObjectWithTheNewWeight()
    {
        var before = HostReconciliation.Of([], [Spec(1), Spec(2)]).Hosts;
        var update = HostReconciliation.Of(before, [Spec(1), Spec(2) with { Weight = 7 }]);
        Assert.That(update.Changed, Is.True);
        Assert.That(update.Hosts, Is.EqualTo(before));
        Assert.That(before[1].Weight, Is.EqualTo(7));
        Assert.That(update.Added.Length + update.Removed.Length, Is.Zero);
    }

    [Test]
    public void Of_AnotherHostname_IsAnotherHost()
    {
        var before = HostReconciliation.Of([], [Spec(1)]).Hosts;
        var update = HostReconciliation.Of(before, [Spec(1) with { Hostname = "other" }]);
        Assert.That(update.Hosts[0], Is.Not.SameAs(before[0]));
        Assert.That(update.Removed, Is.EqualTo(before));
    }

    [Test]
    public void Of_Repetitions_FirstCounts()
    {
        var update = HostReconciliation.Of([], [Spec(1) with { Weight = 3 }, Spec(2), Spec(1) with { Weight = 9 }]);
        Assert.That(update.Hosts, Has.Length.EqualTo(2));
        Assert.That(update.Hosts[0].Weight, Is.EqualTo(3));
    }

    [Test]
    public void Of_Nothing_AllRemoved()
    {
        var before = HostReconciliation.Of([], [Spec(1), Spec(2)]).Hosts;
        var update = HostReconciliation.Of(before, []);
        Assert.That(update.Hosts, Is.EqualTo(ImmutableArray<Host>.Empty));
        Assert.That(update.Removed, Is.EqualTo(before));
    }

    private static HostSpec Spec(int last) => new(new IPEndPoint(IPAddress.Parse($"10.0.0.{last}"), 80), "name");
}
