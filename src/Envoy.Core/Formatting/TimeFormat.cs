using System.Globalization;
using System.Text;
using Envoy.Buffers;

namespace Envoy.Formatting;

/// <summary>
/// A moment written as strftime writes it, with Envoy's fractions of a second: <c>%f</c> and <c>%1f</c> to <c>%9f</c>, <c>%E3S</c>. What is
/// no conversion is text. Immutable.
/// </summary>
internal sealed class TimeFormat
{
    private const string DefaultFormat = "%Y-%m-%dT%H:%M:%E3SZ";
    private readonly Piece[] _pieces;
    private readonly bool _local;

    private TimeFormat(Piece[] pieces, bool local)
    {
        _pieces = pieces;
        _local = local;
    }

    private enum Unit : byte
    {
        Text,
        Year,
        ShortYear,
        Month,
        Day,
        SpacedDay,
        Hour,
        Hour12,
        Minute,
        Second,
        SecondWithFraction,
        Fraction,
        Epoch,
        DayOfYear,
        WeekdayName,
        ShortWeekdayName,
        MonthName,
        ShortMonthName,
        HalfOfDay,
        WeekdayNumber,
        Offset,
        OffsetWithColon,
        ZoneName,
    }

    /// <summary>Parses a format; empty: Envoy's default. Null, and why, when it holds a line feed.</summary>
    public static TimeFormat? TryParse(string format, bool local, out string error)
    {
        error = "";
        if (format.Length == 0)
            format = DefaultFormat;
        if (HasLineFeed(format))
        {
            error = "Invalid header configuration. Format string contains newline.";
            return null;
        }

        format = Expand(format);
        var pieces = new List<Piece>();
        var text = new StringBuilder();
        for (var at = 0; at < format.Length;)
        {
            if (format[at] == '%' && TryConversion(format, at, out var piece, out var length))
            {
                Flush(pieces, text);
                pieces.Add(piece);
                at += length;
            }
            else if (format[at] == '%' && at + 1 < format.Length && TryText(format[at + 1], out var known))
            {
                text.Append(known);
                at += 2;
            }
            else
            {
                text.Append(format[at++]);
            }
        }

        Flush(pieces, text);
        return new TimeFormat([.. pieces], local);
    }

    public void Write(DateTimeOffset moment, ByteSink output)
    {
        var time = _local ? moment.ToLocalTime() : moment.ToUniversalTime();
        foreach (ref readonly var piece in _pieces.AsSpan())
            Write(piece, time, output);
    }

    private static void Write(in Piece piece, DateTimeOffset time, ByteSink output)
    {
        var invariant = CultureInfo.InvariantCulture.DateTimeFormat;
        switch (piece.Unit)
        {
            case Unit.Text:
                output.Append(piece.Text);
                break;
            case Unit.Year:
                output.Append((long)time.Year);
                break;
            case Unit.ShortYear:
                Digits(time.Year % 100, 2, output);
                break;
            case Unit.Month:
                Digits(time.Month, 2, output);
                break;
            case Unit.Day:
                Digits(time.Day, 2, output);
                break;
            case Unit.SpacedDay:
                if (time.Day < 10)
                    output.Append((byte)' ');
                output.Append((long)time.Day);
                break;
            case Unit.Hour:
                Digits(time.Hour, 2, output);
                break;
            case Unit.Hour12:
                Digits(((time.Hour + 11) % 12) + 1, 2, output);
                break;
            case Unit.Minute:
                Digits(time.Minute, 2, output);
                break;
            case Unit.Second:
                Digits(time.Second, 2, output);
                break;
            case Unit.SecondWithFraction:
                Digits(time.Second, 2, output);
                if (piece.Digits > 0)
                    output.Append((byte)'.');
                Fraction(time, piece.Digits, output);
                break;
            case Unit.Fraction:
                Fraction(time, piece.Digits, output);
                break;
            case Unit.Epoch:
                output.Append(time.ToUnixTimeSeconds());
                break;
            case Unit.DayOfYear:
                Digits(time.DayOfYear, 3, output);
                break;
            case Unit.WeekdayName:
                output.Append(invariant.GetDayName(time.DayOfWeek));
                break;
            case Unit.ShortWeekdayName:
                output.Append(invariant.GetAbbreviatedDayName(time.DayOfWeek));
                break;
            case Unit.MonthName:
                output.Append(invariant.GetMonthName(time.Month));
                break;
            case Unit.ShortMonthName:
                output.Append(invariant.GetAbbreviatedMonthName(time.Month));
                break;
            case Unit.HalfOfDay:
                output.Append(time.Hour < 12 ? "AM"u8 : "PM"u8);
                break;
            case Unit.WeekdayNumber:
                Digits((int)time.DayOfWeek, 1, output);
                break;
            case Unit.Offset or Unit.OffsetWithColon:
                output.Append(time.Offset < TimeSpan.Zero ? (byte)'-' : (byte)'+');
                Digits(Math.Abs(time.Offset.Hours), 2, output);
                if (piece.Unit == Unit.OffsetWithColon)
                    output.Append((byte)':');
                Digits(Math.Abs(time.Offset.Minutes), 2, output);
                break;
            default:
                output.Append(time.Offset == TimeSpan.Zero ? "UTC" : TimeZoneInfo.Local.StandardName);
                break;
        }
    }

    private static bool TryConversion(string format, int at, out Piece piece, out int length)
    {
        piece = default;
        length = 2;
        if (at + 1 >= format.Length)
            return false;
        var c = format[at + 1];
        var next = at + 2 < format.Length ? format[at + 2] : '\0';
        if (c is >= '1' and <= '9' && next == 'f')
        {
            piece = new Piece(Unit.Fraction, [], c - '0');
            length = 3;
            return true;
        }

        if (c == 'E' && next == 'z')
        {
            piece = new Piece(Unit.OffsetWithColon, [], 0);
            length = 3;
            return true;
        }

        if (c == 'E' && (char.IsAsciiDigit(next) || next == '*') && at + 3 < format.Length && format[at + 3] is 'S' or 'f')
        {
            piece = new Piece(format[at + 3] == 'S' ? Unit.SecondWithFraction : Unit.Fraction, [], next == '*' ? 6 : next - '0');
            length = 4;
            return true;
        }

        Unit? unit = c switch
        {
            'Y' => Unit.Year,
            'y' => Unit.ShortYear,
            'm' => Unit.Month,
            'd' => Unit.Day,
            'e' => Unit.SpacedDay,
            'H' => Unit.Hour,
            'I' => Unit.Hour12,
            'M' => Unit.Minute,
            'S' => Unit.Second,
            'f' => Unit.Fraction,
            's' => Unit.Epoch,
            'j' => Unit.DayOfYear,
            'A' => Unit.WeekdayName,
            'a' => Unit.ShortWeekdayName,
            'B' => Unit.MonthName,
            'b' or 'h' => Unit.ShortMonthName,
            'p' => Unit.HalfOfDay,
            'w' => Unit.WeekdayNumber,
            'z' => Unit.Offset,
            'Z' => Unit.ZoneName,
            _ => null,
        };
        piece = new Piece(unit ?? Unit.Text, [], 9);
        return unit is not null;
    }

    /// <summary>Spells out the conversions that stand for several.</summary>
    private static string Expand(string format)
    {
        var expanded = new StringBuilder(format.Length);
        for (var i = 0; i < format.Length; i++)
        {
            expanded.Append(format[i]);
            if (format[i] != '%' || i + 1 == format.Length)
                continue;
            expanded.Append(format[++i]);
            var whole = format[i] switch
            {
                'T' => "%H:%M:%S",
                'F' => "%Y-%m-%d",
                'D' => "%m/%d/%y",
                'R' => "%H:%M",
                _ => "",
            };
            if (whole.Length > 0)
            {
                expanded.Length -= 2;
                expanded.Append(whole);
            }
        }

        return expanded.ToString();
    }

    // Conversions that are text.
    private static bool TryText(char c, out string text)
    {
        text = c switch
        {
            '%' => "%",
            't' => "\t",
            _ => "",
        };
        return text.Length > 0;
    }

    // Envoy's own test for strftime's line feed, with its flags, width and modifier.
    private static bool HasLineFeed(string format)
    {
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] == '\n')
                return true;
            if (format[i] != '%')
                continue;
            var at = i + 1;
            while (at < format.Length && format[at] is '-' or '_' or '0' or '^' or '#')
                at++;
            while (at < format.Length && format[at] is >= '1' and <= '9')
                at++;
            if (at < format.Length && format[at] is 'E' or 'O')
                at++;
            if (at < format.Length && format[at] == 'n')
                return true;
        }

        return false;
    }

    private static void Fraction(DateTimeOffset time, int digits, ByteSink output)
    {
        // A tick is 100 ns: seven digits, and the eighth and ninth are zero.
        var nanoseconds = time.Ticks % TimeSpan.TicksPerSecond * 100;
        for (var i = 9; i > digits; i--)
            nanoseconds /= 10;
        if (digits > 0)
            Digits(nanoseconds, digits, output);
    }

    private static void Digits(long number, int count, ByteSink output)
    {
        Span<byte> text = stackalloc byte[20];
        for (var i = count - 1; i >= 0; i--)
        {
            text[i] = (byte)('0' + (number % 10));
            number /= 10;
        }

        output.Append(text[..count]);
    }

    private static void Flush(List<Piece> pieces, StringBuilder text)
    {
        if (text.Length == 0)
            return;
        pieces.Add(new Piece(Unit.Text, Encoding.UTF8.GetBytes(text.ToString()), 0));
        text.Clear();
    }

    private readonly record struct Piece(Unit Unit, byte[] Text, int Digits);
}
