using System.Globalization;

namespace Envoy.Proxy.Admin;

/// <summary>Numbers written as Envoy's formatting library writes them. Immutable.</summary>
internal static class AdminText
{
    /// <summary>The shortest text that reads back as the same number (<c>{}</c>): <c>1.05</c>, <c>nan</c>, <c>1e+16</c>.</summary>
    public static string Shortest(double value)
    {
        if (!double.IsFinite(value))
            return NotFinite(value);
        var size = Math.Abs(value);
        // From 1e15 .NET turns to exponents, from 1e16 fmt does.
        return size is >= 1e15 and < 1e16 ? value.ToString("F0", CultureInfo.InvariantCulture) : Lower(value.ToString("R", CultureInfo.InvariantCulture));
    }

    /// <summary>Up to <paramref name="digits"/> significant digits (<c>{:g}</c> has six).</summary>
    public static string General(double value, int digits = 6)
        => double.IsFinite(value)
            ? Lower(value.ToString("G" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture))
            : NotFinite(value);

    private static string NotFinite(double value) => double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";

    private static string Lower(string text) => text.Replace('E', 'e');
}
