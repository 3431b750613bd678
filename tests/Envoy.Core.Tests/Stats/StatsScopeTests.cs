using Envoy.Stats;

namespace Envoy.Core.Tests.Stats;

internal sealed class StatsScopeTests
{
    [TestCase("listener.127.0.0.1:8080", "listener.127.0.0.1_8080")]
    [TestCase("listener.[::1]:80", "listener.[__1]_80")]
    [TestCase("http.p.", "http.p")]
    [TestCase(".a.", "a")]
    [TestCase("https://x:/y:z", "https_x_y_z")]
    [TestCase("a\0b", "a_b")]
    [TestCase("", "")]
    [TestCase(".", "")]
    public void Sanitize_Text_IsEnvoys(string text, string expected) => Assert.That(StatName.Sanitize(text), Is.EqualTo(expected));

    [Test]
    public void Scope_Names_ArePrefixed()
    {
        var store = new StatsStore(1);
        using var scope = store.Scope("cluster.a:b.");
        scope.Counter("upstream_cx_total", 0).Inc();
        using var inner = scope.Scope("circuit_breakers.default");
        inner.SharedGauge("cx_open").Set(1);

        var snapshot = store.Snapshot();
        Assert.That(snapshot.Counters.Single().Name, Is.EqualTo("cluster.a_b.upstream_cx_total"));
        Assert.That(snapshot.Gauges.Single().Name, Is.EqualTo("cluster.a_b.circuit_breakers.default.cx_open"));
    }

    [Test]
    public void Snapshot_IsSortedAndChangesOnlyWithTheNames()
    {
        var store = new StatsStore(1);
        foreach (var name in new[] { "b", "a.b", "a", "B" })
            store.Counter(name);
        var snapshot = store.Snapshot();
        Assert.That(snapshot.Counters.Select(counter => counter.Name), Is.EqualTo(new[] { "B", "a", "a.b", "b" }));
        store.Counter("a").Cell(0).Inc();
        Assert.That(store.Snapshot(), Is.SameAs(snapshot));
        store.TextReadout("t").Set("x");
        Assert.That(store.Snapshot().Version, Is.EqualTo(store.Version).And.GreaterThan(snapshot.Version));
    }

    [Test]
    public void Dispose_LastOwner_RemovesTheStatistic()
    {
        var store = new StatsStore(1);
        var one = store.Scope("cluster.x");
        var two = store.Scope("cluster.x");
        var cell = one.Counter("c", 0);
        one.Counter("c", 0);
        two.Counter("c", 0).Inc();
        one.Gauge("g");
        one.Histogram("h");
        one.TextReadout("t");
        var inner = one.Scope("inner");
        inner.Counter("c");

        one.Dispose();
        one.Dispose();
        Assert.That(Names(store), Is.EqualTo(new[] { "cluster.x.c" }));
        cell.Inc();
        Assert.That(store.Counter("cluster.x.c").Value, Is.EqualTo(2));
        two.Dispose();
        Assert.That(Names(store), Is.EqualTo(new[] { "cluster.x.c" }), "the root asked for it too");
    }

    [Test]
    public void Dispose_ThenAsk_GivesWhatIsNotListed()
    {
        var store = new StatsStore(1);
        var scope = store.Scope("cluster.x");
        scope.Dispose();
        scope.Counter("late", 0).Inc();
        scope.Scope("inner").Histogram("late", 0).Record(1);
        Assert.That(Names(store), Is.Empty);
    }

    [Test]
    public void Dispose_NameComesBack_StartsAtZero()
    {
        var store = new StatsStore(1);
        using (var scope = store.Scope("s"))
            scope.Counter("c", 0).Add(5);
        Assert.That(store.Snapshot().Counters, Is.Empty);
        Assert.That(store.Scope("s").Counter("c").Value, Is.Zero);
    }

    [Test]
    public void Compare_WordByWord_IsPrometheusOrder()
    {
        string[] names = ["a.b_c", "a-b", "a", "a.b.c", "a.b", "b"];
        Array.Sort(names, StatName.Compare);
        Assert.That(names, Is.EqualTo(new[] { "a", "a.b", "a.b.c", "a.b_c", "a-b", "b" }));
    }

    private static IEnumerable<string> Names(StatsStore store)
    {
        var snapshot = store.Snapshot();
        return snapshot.Counters.Select(stat => stat.Name).Concat(snapshot.Gauges.Select(stat => stat.Name))
            .Concat(snapshot.Histograms.Select(stat => stat.Name)).Concat(snapshot.TextReadouts.Select(stat => stat.Name));
    }
}
