using System.Diagnostics;

namespace Envoy.Clusters.LoadBalancing;

/// <summary>
/// Weighted round robin by earliest deadline: who is picked goes back with the deadline "now + 1 / weight", and now is the deadline of the last
/// pick; of equal deadlines the one set first wins. Envoy's order, bit for bit: the same operations on doubles in the same order.
/// A pick costs O(log n) and allocates nothing. Worker-owned.
/// </summary>
/// <typeparam name="T">What is picked.</typeparam>
internal sealed class EdfScheduler<T>
    where T : class
{
    // Envoy's bound on picks made in advance, UINT_MAX / 10.
    private const uint MaxPicks = 429496729;

    // Envoy's: keeps weights from being exact multiples of each other, where rounding would change who comes first.
    private const double Epsilon = 1e-13;

    private readonly Func<T, double> _weight;
    private Entry[] _heap;
    private int _count;
    private double _now;
    private long _order;

    /// <summary>Makes an empty schedule.</summary>
    /// <param name="weight">Gives an item's weight, above 0; asked whenever the item is put in.</param>
    public EdfScheduler(Func<T, double> weight)
        : this(weight, [])
    {
    }

    private EdfScheduler(Func<T, double> weight, Entry[] heap)
    {
        _weight = weight;
        _heap = heap;
        _count = heap.Length;
    }

    /// <summary>
    /// A schedule of <paramref name="items"/> as it is after <paramref name="picks"/> picks, found without making them one by one: with W the
    /// sum of the weights, an item of weight w has been picked at least floor(picks * w / W) times; less than one round is left to do.
    /// </summary>
    public static EdfScheduler<T> WithPicks(ReadOnlySpan<T> items, Func<T, double> weight, uint picks)
    {
        picks %= MaxPicks;
        if (items.IsEmpty)
            return new EdfScheduler<T>(weight);
        var weights = new double[items.Length];
        var sum = 0.0;
        for (var i = 0; i < items.Length; i++)
        {
            weights[i] = weight(items[i]) + Epsilon;
            sum += weights[i];
        }

        var entries = new Entry[items.Length];
        var done = 0u;
        var now = 0.0;
        for (var i = 0; i < items.Length; i++)
        {
            var times = (uint)(weights[i] * picks / sum);
            // The floor of the rounded product can be above the product.
            if (times > 0 && times / weights[i] >= picks / sum)
                times--;
            entries[i] = new Entry((times + 1) / weights[i], i, items[i]);
            now = Math.Max(now, times / weights[i]);
            done += times;
        }

        var schedule = new EdfScheduler<T>(weight, entries) { _now = now, _order = items.Length };
        for (var i = entries.Length / 2 - 1; i >= 0; i--)
            schedule.SiftDown(i);
        for (; done < picks; done++)
            schedule.Pick();
        return schedule;
    }

    /// <summary>Puts <paramref name="item"/> in.</summary>
    public void Add(T item)
    {
        if (_count == _heap.Length)
            Array.Resize(ref _heap, Math.Max(4, _count * 2));
        var entry = NewEntry(item);
        var at = _count++;
        while (at > 0)
        {
            var parent = (at - 1) / 2;
            if (!entry.IsBefore(_heap[parent]))
                break;
            _heap[at] = _heap[parent];
            at = parent;
        }

        _heap[at] = entry;
    }

    /// <summary>Takes the item with the earliest deadline and puts it back with its next one; null if there is none.</summary>
    public T? Pick()
    {
        if (_count == 0)
            return null;
        ref var first = ref _heap[0];
        var item = first.Item;
        _now = first.Deadline;
        first = NewEntry(item);
        SiftDown(0);
        return item;
    }

    private Entry NewEntry(T item)
    {
        var weight = _weight(item);
        Debug.Assert(weight > 0, "a weight is above zero");
        return new Entry(_now + 1.0 / weight, _order++, item);
    }

    private void SiftDown(int at)
    {
        var entry = _heap[at];
        while (true)
        {
            var child = at * 2 + 1;
            if (child >= _count)
                break;
            if (child + 1 < _count && _heap[child + 1].IsBefore(_heap[child]))
                child++;
            if (!_heap[child].IsBefore(entry))
                break;
            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = entry;
    }

    private readonly struct Entry(double deadline, long order, T item)
    {
        public readonly double Deadline = deadline;
        public readonly T Item = item;
        private readonly long _order = order;

        public bool IsBefore(in Entry other) => Deadline < other.Deadline || (Deadline == other.Deadline && _order < other._order);
    }
}
