using System.Globalization;

namespace Envoy.RuntimeSettings;

/// <summary>A key's value with everything it can be read as. Immutable.</summary>
internal sealed class RuntimeEntry
{
    private RuntimeEntry(string text) => Text = text;

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>As a whole number; null: it is none.</summary>
    public ulong? Integer { get; private init; }

    /// <summary>As a number; null: it is none.</summary>
    public double? Number { get; private init; }

    /// <summary>As a truth value; null: it is none.</summary>
    public bool? Truth { get; private init; }

    /// <summary>As a share: its numerator; null: it is none.</summary>
    public uint? Numerator { get; private init; }

    /// <summary>As a share: 100, 10000 or 1000000.</summary>
    public uint Denominator { get; private init; }

    public static RuntimeEntry Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && uint.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var numerator)
            && uint.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var denominator) && denominator is 100 or 10_000 or 1_000_000)
        {
            return new RuntimeEntry(text) { Numerator = numerator, Denominator = denominator };
        }

        return new RuntimeEntry(text)
        {
            Integer = ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var integer) ? integer : null,
            Number = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null,
            Truth = bool.TryParse(text, out var truth) ? truth : null,
        };
    }
}
