using System.Text;
using Envoy.Buffers;

namespace Envoy.Formatting;

/// <summary>
/// Text in which <c>%OPERATOR(parameters):length%</c> stands for what it names, compiled. An operator without a value is written as <c>-</c>,
/// or not at all. Immutable.
/// </summary>
internal sealed class SubstitutionFormat
{
    private readonly Part[] _parts;
    private readonly bool _omitsEmpty;

    private SubstitutionFormat(Part[] parts, bool omitsEmpty)
    {
        _parts = parts;
        _omitsEmpty = omitsEmpty;
    }

    /// <summary>It is the same text whatever it is filled from.</summary>
    public bool IsConstant => Array.TrueForAll(_parts, p => p.Operator is null);

    /// <summary>The operator that is all of it; null: there is more, or none.</summary>
    public FormatOperator? Lone => _parts is [{ Operator: { } lone }] ? lone : null;

    /// <summary>Compiles a format; null, and why in Envoy's words, when it is wrong.</summary>
    /// <param name="format">The text.</param>
    /// <param name="omitEmpty">An operator without a value writes nothing.</param>
    /// <param name="error">What is wrong; empty: nothing.</param>
    public static SubstitutionFormat? TryCompile(string format, bool omitEmpty, out string error)
    {
        error = "";
        var parts = new List<Part>();
        var text = new StringBuilder();
        for (var at = 0; at < format.Length;)
        {
            if (format[at] != '%')
            {
                text.Append(format[at++]);
                continue;
            }

            if (at + 1 < format.Length && format[at + 1] == '%')
            {
                text.Append('%');
                at += 2;
                continue;
            }

            if (!TryScan(format, at, out var name, out var parameters, out var length, out var end))
            {
                error = $"Incorrect format string '{format}': no operator begins at position {at}";
                return null;
            }

            if (FormatOperators.TryMake(name, parameters, length, out error) is not { } made)
                return null;
            Flush(parts, text);
            parts.Add(new Part([], made));
            at = end;
        }

        Flush(parts, text);
        return new SubstitutionFormat([.. parts], omitEmpty);
    }

    /// <summary>Appends the text. Allocates nothing once <paramref name="output"/> has grown, but for operators that decode.</summary>
    public void Write(FormatContext context, ByteSink output)
    {
        foreach (ref readonly var part in _parts.AsSpan())
        {
            if (part.Operator is null)
                output.Append(part.Text);
            else if (!part.Operator.Write(context, output) && !_omitsEmpty)
                output.Append((byte)'-');
        }
    }

    /// <summary>Reads <c>%NAME(parameters):length%</c> at a position; the parameters end at the first bracket behind which it can end.</summary>
    private static bool TryScan(string format, int start, out string name, out string parameters, out int? length, out int end)
    {
        parameters = "";
        var at = start + 1;
        while (at < format.Length && (char.IsAsciiLetterUpper(format[at]) || char.IsAsciiDigit(format[at]) || format[at] == '_'))
            at++;
        name = format[(start + 1)..at];
        length = null;
        end = 0;
        if (name.Length == 0)
            return false;
        if (at < format.Length && format[at] == '(')
        {
            for (var close = format.IndexOf(')', at); close >= 0; close = format.IndexOf(')', close + 1))
            {
                parameters = format[(at + 1)..close];
                if (parameters.Contains('\n', StringComparison.Ordinal))
                    return false;
                if (TryScanEnd(format, close + 1, out length, out end))
                    return true;
            }

            return false;
        }

        return TryScanEnd(format, at, out length, out end);
    }

    private static bool TryScanEnd(string format, int at, out int? length, out int end)
    {
        length = null;
        end = 0;
        if (at < format.Length && format[at] == ':')
        {
            var digits = at + 1;
            while (digits < format.Length && char.IsAsciiDigit(format[digits]))
                digits++;
            if (!int.TryParse(format.AsSpan(at + 1, digits - at - 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var most))
                return false;
            length = most;
            at = digits;
        }

        if (at >= format.Length || format[at] != '%')
            return false;
        end = at + 1;
        return true;
    }

    private static void Flush(List<Part> parts, StringBuilder text)
    {
        if (text.Length == 0)
            return;
        parts.Add(new Part(Encoding.UTF8.GetBytes(text.ToString()), null));
        text.Clear();
    }

    private readonly record struct Part(byte[] Text, FormatOperator? Operator);
}
