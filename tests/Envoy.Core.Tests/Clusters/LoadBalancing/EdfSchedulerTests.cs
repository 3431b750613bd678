using Envoy.Clusters.LoadBalancing;

namespace Envoy.Core.Tests.Clusters.LoadBalancing;

[TestFixture]
public sealed class EdfSchedulerTests
{
    [Test]
    public void Pick_Empty_IsNull()
    {
        Assert.That(new EdfScheduler<Item>(Weight).Pick(), Is.Null);
        Assert.That(EdfScheduler<Item>.WithPicks([], Weight, 123).Pick(), Is.Null);
    }

    [Test]
    public void Pick_EqualWeights_KeepsOrderOfInsertion()
    {
        var items = Items(128, _ => 1);
        var schedule = Filled(items);
        for (var round = 0; round < 128; round++)
        {
            foreach (var item in items)
                Assert.That(schedule.Pick(), Is.SameAs(item));
        }
    }

    [Test]
    public void Pick_WeightsOneToN_EachAsOftenAsItsWeightInOneCycle()
    {
        var items = Items(128, i => i + 1);
        var schedule = Filled(items);
        var picks = items.ToDictionary(item => item, _ => 0);
        for (var i = 0; i < 128 * 129 / 2; i++)
            picks[schedule.Pick()!]++;
        foreach (var item in items)
            Assert.That(picks[item], Is.EqualTo((int)item.Weight));
    }

    [Test]
    public void WithPicks_None_IsAsFilledOneByOne()
    {
        // Later on, deadlines that are equal on paper part ways in the last bit.
        var items = Items(128, i => i + 1);
        AssertSameOrder(Filled(items), EdfScheduler<Item>.WithPicks(items, Weight, 0), 256);
    }

    [TestCase(5u)]
    [TestCase(140u)]
    [TestCase(501u)]
    [TestCase(123456u)]
    [TestCase(894571u)]
    public void WithPicks_Some_IsAsPickedOneByOne(uint picks)
    {
        // All weights differ, so that no tie is broken by the order of insertion, which is not the same.
        var items = Items(128, i => (100.5 - 0.01) / 128 * i + 0.01);
        var oneByOne = Filled(items);
        for (var i = 0; i < picks; i++)
            oneByOne.Pick();
        AssertSameOrder(oneByOne, EdfScheduler<Item>.WithPicks(items, Weight, picks), 1000);
    }

    [Test]
    public void WithPicks_MultiplesAtTheEdgeOfRounding_IsAsPickedOneByOne()
    {
        // 23 picks of 25 and 75: without the epsilon, floor gives deadlines that differ in the last bit only, in the wrong order.
        var items = new[] { new Item(25), new Item(75) };
        for (var picks = 0u; picks < 400; picks++)
        {
            var oneByOne = Filled(items);
            for (var i = 0; i < picks; i++)
                oneByOne.Pick();
            var heavy = 0;
            var next = EdfScheduler<Item>.WithPicks(items, Weight, picks);
            for (var i = 0; i < 4; i++)
                heavy += ReferenceEquals(next.Pick(), items[1]) ? 1 : 0;
            Assert.That(heavy, Is.EqualTo(3), $"after {picks} picks");
        }
    }

    [Test]
    public void WithPicks_WeightThatChangesWithEachQuestion_Works()
    {
        var asked = 0;
        var schedule = EdfScheduler<Item>.WithPicks(Items(128, i => i + 100), item => item.Weight * ++asked, 123);
        Assert.That(schedule.Pick(), Is.Not.Null);
    }

    [TestCase(new double[] { 25, 75 })]
    [TestCase(new double[] { 1, 99 })]
    [TestCase(new double[] { 50, 50 })]
    [TestCase(new double[] { 1, 20, 79 })]
    public void WithPicks_RandomMany_FirstPickIsDistributedByWeight(double[] weights)
    {
        const int Rounds = 50_000;
        var items = weights.Select(weight => new Item(weight)).ToArray();
        var first = items.ToDictionary(item => item, _ => 0);
        var random = new Random(7);
        for (var i = 0; i < Rounds; i++)
            first[EdfScheduler<Item>.WithPicks(items, Weight, (uint)random.NextInt64(uint.MaxValue)).Pick()!]++;
        foreach (var item in items)
            Assert.That(100.0 * first[item] / Rounds, Is.EqualTo(item.Weight).Within(1.0));
    }

    private static double Weight(Item item) => item.Weight;

    private static Item[] Items(int count, Func<int, double> weight) => [.. Enumerable.Range(0, count).Select(i => new Item(weight(i)))];

    private static EdfScheduler<Item> Filled(Item[] items)
    {
        var schedule = new EdfScheduler<Item>(Weight);
        foreach (var item in items)
            schedule.Add(item);
        return schedule;
    }

    private static void AssertSameOrder(EdfScheduler<Item> expected, EdfScheduler<Item> actual, int picks)
    {
        for (var i = 0; i < picks; i++)
            Assert.That(actual.Pick(), Is.SameAs(expected.Pick()), $"pick {i}");
    }

    private sealed class Item(double weight)
    {
        public double Weight { get; } = weight;
    }
}
