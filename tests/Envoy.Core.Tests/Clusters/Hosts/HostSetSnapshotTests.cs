using System.Net;
using System.Text.Json;
using Envoy.Clusters.Hosts;

namespace Envoy.Core.Tests.Clusters.Hosts;

[TestFixture]
public sealed class HostSetSnapshotTests
{
    [Test]
    public void Constructor_LocalitiesOfSeveralPriorities_KeepsOrderAndGroups()
    {
        var (a, b, c) = (Host(1), Host(2), Host(3));
        var set = new HostSetSnapshot([new LocalityHosts(2, [a]), new LocalityHosts(0, [b]), new LocalityHosts(2, [c])]);
        Assert.That(set.Priorities.Select(p => p.Hosts.ToArray()), Is.EqualTo(new[] { new[] { b }, [], [a, c] }));
        Assert.That(set.Priorities[2].Localities.Select(l => l.Hosts.Single()), Is.EqualTo(new[] { a, c }));
        Assert.That(set.All, Is.EqualTo(new[] { b, a, c }));
    }

    [Test]
    public void Change_HostMovesPriority_CountsBothAndRemovesNobody()
    {
        var (a, b) = (Host(1), Host(2));
        var before = new HostSetSnapshot([new LocalityHosts(0, [a, b])]);
        var after = new HostSetSnapshot([new LocalityHosts(0, [a]), new LocalityHosts(1, [b])]);
        var change = HostSetChange.Between(before, after);
        Assert.That(change.Removed, Is.Empty);
        Assert.That(change.Added, Is.Zero);
        Assert.That(change.PrioritiesChanged, Is.EqualTo(2));
    }

    [Test]
    public void Usable_PrioritiesFullOrEmpty_TrafficGoesWhereEnvoysTableSays()
    {
        // Rows in which a priority has all of its hosts or none: what lies between needs health, which nothing checks yet.
        var rows = 0;
        foreach (var row in Vectors().GetProperty("priority_load").EnumerateArray())
        {
            int[] healthy = [.. row.GetProperty("healthy_percent").EnumerateArray().Select(p => p.GetInt32())];
            int[] traffic = [.. row.GetProperty("traffic_percent").EnumerateArray().Select(p => p.GetInt32())];
            if (healthy.Any(percent => percent is not (0 or 100)) || healthy.All(percent => percent == 0))
                continue;
            rows++;
            var set = new HostSetSnapshot([.. healthy.Select((percent, i) => new LocalityHosts((uint)i, percent == 0 ? [] : [Host(i)]))]);
            Assert.That(traffic[set.Usable.ChoosePriority()], Is.EqualTo(100), row.ToString());
        }

        Assert.That(rows, Is.Positive);
    }

    private static Host Host(int last) => new(new HostSpec(new IPEndPoint(IPAddress.Loopback, last), ""));

    private static JsonElement Vectors()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Envoy.Core.sln")))
            root = root.Parent;
        var file = Path.Combine(root?.Parent?.FullName ?? "", "shared", "conformance", "lb-facts", "vectors.json");
        Assume.That(File.Exists(file), "../shared/conformance/lb-facts is not there");
        using var document = JsonDocument.Parse(File.ReadAllText(file));
        return document.RootElement.Clone();
    }
}
