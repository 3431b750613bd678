namespace Envoy.Stats;

/// <summary>
/// A gauge with atomic writes, for what Envoy counts per process or per host (active requests against a limit, for one). Part of a
/// <see cref="Gauge"/>, or alone. Thread-safe.
/// </summary>
internal sealed class SharedGauge
{
    private long _value;
    private bool _used;

    public long Value => Volatile.Read(ref _value);

    /// <summary>Whether it was ever written.</summary>
    public bool Used => Volatile.Read(ref _used);

    /// <summary>Adds one; the new value.</summary>
    public long Inc() => Add(1);

    /// <summary>Takes one away; the new value.</summary>
    public long Dec() => Add(-1);

    /// <summary>Adds <paramref name="amount"/>, which may be negative; the new value.</summary>
    public long Add(long amount)
    {
        if (!_used)
            Volatile.Write(ref _used, true);
        return Interlocked.Add(ref _value, amount);
    }

    public void Set(long value)
    {
        if (!_used)
            Volatile.Write(ref _used, true);
        Volatile.Write(ref _value, value);
    }
}
