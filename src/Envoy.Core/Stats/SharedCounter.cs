namespace Envoy.Stats;

/// <summary>
/// A counter with atomic additions, for what Envoy counts per process or per host. Part of a <see cref="Counter"/>, or alone, as a host's
/// own numbers are. Thread-safe.
/// </summary>
internal sealed class SharedCounter
{
    private long _value;

    public long Value => Volatile.Read(ref _value);

    /// <summary>Adds one; the new value.</summary>
    public long Inc() => Interlocked.Increment(ref _value);

    /// <summary>Adds <paramref name="amount"/>; the new value.</summary>
    public long Add(long amount) => Interlocked.Add(ref _value, amount);
}
