using System.Collections.Frozen;

namespace Envoy.RuntimeSettings;

/// <summary>All keys at one moment. Immutable.</summary>
internal sealed class RuntimeSnapshot
{
    private readonly FrozenDictionary<string, RuntimeEntry> _entries;

    public RuntimeSnapshot(IReadOnlyDictionary<string, RuntimeEntry> entries) => _entries = entries.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>No keys.</summary>
    public static RuntimeSnapshot Empty { get; } = new(new Dictionary<string, RuntimeEntry>());

    public IReadOnlyDictionary<string, RuntimeEntry> Entries => _entries;

    /// <summary>A key's whole number; the default where it has none.</summary>
    public ulong GetInteger(string key, ulong fallback) => Find(key)?.Integer ?? fallback;

    /// <summary>A key's number; the default where it has none.</summary>
    public double GetDouble(string key, double fallback) => Find(key)?.Number ?? fallback;

    /// <summary>A key's truth value; the default where it has none.</summary>
    public bool GetBoolean(string key, bool fallback) => Find(key)?.Truth ?? fallback;

    /// <summary>Whether a request belongs to a share of so many hundredths.</summary>
    public bool FeatureEnabled(string key, ulong defaultPercent, ulong random) => random % 100 < Math.Min(GetInteger(key, defaultPercent), 100);

    /// <summary>
    /// Whether a request belongs to a share. A key that holds a share holds the denominator too; one that holds a whole number means
    /// hundredths, whatever the default's denominator is.
    /// </summary>
    /// <param name="key">The key; empty: none.</param>
    /// <param name="numerator">The default's numerator.</param>
    /// <param name="denominator">The default's denominator.</param>
    /// <param name="random">The request's random number.</param>
    public bool FeatureEnabled(string key, uint numerator, uint denominator, ulong random)
    {
        if (Find(key) is { } entry)
        {
            if (entry.Numerator is { } share)
                return random % entry.Denominator < share;
            if (entry.Integer is { } percent)
                return random % 100 < percent;
        }

        return random % denominator < numerator;
    }

    private RuntimeEntry? Find(string key) => key.Length == 0 || _entries.Count == 0 ? null : _entries.GetValueOrDefault(key);
}
