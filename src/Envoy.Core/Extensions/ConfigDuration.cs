using System.Globalization;

namespace Envoy.Extensions;

/// <summary>
/// <c>google.protobuf.Duration</c> in JSON: <c>0.25s</c>; or, as protobuf's C++ parser also takes it, a mapping of seconds and nanos.
/// </summary>
internal static class ConfigDuration
{
    /// <summary>protobuf's limit: ±315,576,000,000 s, about ten thousand years.</summary>
    private const long MostSeconds = 315_576_000_000;

    private const string Wanted = "a duration in seconds such as 0.25s";

    public static bool Read(ConfigNode node, ConfigReadContext context, out TimeSpan value)
    {
        value = default;
        if (node.Kind == ConfigNodeKind.Mapping)
            return ReadParts(node, context, out value);
        if (node.Kind != ConfigNodeKind.Scalar)
            return ConfigValues.Wrong(node, context, Wanted);
        return TryParse(node.Value, out value) || ConfigValues.Wrong(node, context, Wanted, Hint(node.Value));
    }

    /// <summary>As it is written in YAML.</summary>
    public static string Format(TimeSpan value) => ((decimal)value.Ticks / TimeSpan.TicksPerSecond).ToString("0.#######", CultureInfo.InvariantCulture) + "s";

    internal static bool TryParse(ReadOnlySpan<char> text, out TimeSpan value)
    {
        value = default;
        if (text.Length < 2 || text[^1] != 's')
            return false;
        text = text[..^1];
        var negative = text[0] == '-';
        if (negative)
            text = text[1..];
        var point = text.IndexOf('.');
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? default : text[(point + 1)..];
        if (whole.Length > 12 || fraction.Length > 9 || (whole.Length == 0 && fraction.Length == 0) || !AllDigits(whole) || !AllDigits(fraction))
            return false;
        long seconds = 0;
        foreach (var c in whole)
            seconds = (seconds * 10) + (c - '0');
        long nanos = 0;
        for (var i = 0; i < 9; i++)
            nanos = (nanos * 10) + (i < fraction.Length ? fraction[i] - '0' : 0);
        if (seconds > MostSeconds)
            return false;
        value = FromParts(seconds, nanos);
        if (negative)
            value = -value;
        return true;
    }

    // Rounded up to a tick (100 ns): 0 mostly means "none", and one nanosecond must not become that.
    private static TimeSpan FromParts(long seconds, long nanos) => new((seconds * TimeSpan.TicksPerSecond) + ((nanos + 99) / 100));

    private static bool ReadParts(ConfigNode node, ConfigReadContext context, out TimeSpan value)
    {
        long seconds = 0;
        long nanos = 0;
        var right = true;
        foreach (var entry in node.Entries)
        {
            if (entry.Value.Kind == ConfigNodeKind.Null && entry.Key is "seconds" or "nanos")
                continue;
            if (entry.Key == "seconds")
            {
                right &= ConfigValues.ReadInteger(entry.Value, context, 0, MostSeconds, out seconds);
            }
            else if (entry.Key == "nanos")
            {
                right &= ConfigValues.ReadInteger(entry.Value, context, 0, 999_999_999, out nanos);
            }
            else
            {
                context.Error(entry, $"'{entry.Key}' is not a field of Duration", NearestName.Hint(entry.Key, ["seconds", "nanos"]), ConfigErrorKind.Unknown);
                right = false;
            }
        }

        value = right ? FromParts(seconds, nanos) : default;
        return right;
    }

    private static string Hint(string text)
    {
        var end = 0;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.'))
            end++;
        if (end is 0 or > 18 || !decimal.TryParse(text.AsSpan(0, end), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return "";
        decimal? seconds = text[end..] switch
        {
            "" or "s" or "sec" or "seconds" => number,
            "ms" => number / 1000,
            "us" => number / 1_000_000,
            "m" or "min" => number * 60,
            "h" => number * 3600,
            "d" => number * 86400,
            _ => null,
        };
        return seconds is { } known ? "write " + known.ToString("0.#########", CultureInfo.InvariantCulture) + "s" : "";
    }

    private static bool AllDigits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') < 0;
}
