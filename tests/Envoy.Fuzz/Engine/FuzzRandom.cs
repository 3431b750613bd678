namespace Envoy.Fuzz.Engine;

/// <summary>Random numbers that are the same on every machine for the same seed (SplitMix64). Used by one thread.</summary>
internal sealed class FuzzRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 up to, not with, <paramref name="limit"/>, which is above zero.</summary>
    public int Below(int limit) => (int)((Next() >> 32) * (ulong)limit >> 32);

    public bool OneIn(int count) => Below(count) == 0;

    /// <summary>Starts anew.</summary>
    public void Reset(ulong seed) => _state = seed;

    /// <summary>A number that stands for <paramref name="bytes"/>: what a check draws depends on its input alone, so that the input alone repeats it.</summary>
    public static ulong SeedOf(ReadOnlySpan<byte> bytes)
    {
        var hash = 14695981039346656037;
        foreach (var b in bytes)
            hash = (hash ^ b) * 1099511628211;
        return hash;
    }
}
