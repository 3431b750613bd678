using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Envoy.Buffers;

namespace Envoy.Matching;

/// <summary>What takes a match's place, in RE2's notation: text in which <c>\0</c> is the match, <c>\1</c> to <c>\9</c> are its groups and <c>\\</c> is a backslash. Immutable.</summary>
internal sealed class RegexSubstitution
{
    private readonly Part[] _parts;

    private RegexSubstitution(Part[] parts) => _parts = parts;

    /// <summary>It names groups, not only the whole match.</summary>
    public bool UsesGroups => Array.Exists(_parts, p => p.Group > 0);

    /// <summary>Parses a substitution for <paramref name="pattern"/>; null, and why, when it is wrong.</summary>
    public static RegexSubstitution? TryParse(string text, RegexPattern pattern, out string error)
    {
        error = "";
        var parts = new List<Part>();
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                literal.Append(text[i]);
                continue;
            }

            if (++i == text.Length)
            {
                error = "a substitution must not end with a single backslash";
                return null;
            }

            if (text[i] == '\\')
            {
                literal.Append('\\');
                continue;
            }

            if (!char.IsAsciiDigit(text[i]))
            {
                error = $"'\\{text[i]}' is no part of a substitution: a backslash is followed by a digit or by a backslash";
                return null;
            }

            var group = text[i] - '0';
            if (group > pattern.GroupCount)
            {
                error = string.Create(CultureInfo.InvariantCulture, $"the substitution names group {group}, but the expression has {pattern.GroupCount} groups");
                return null;
            }

            Flush(parts, literal);
            parts.Add(new Part([], group));
        }

        Flush(parts, literal);
        return new RegexSubstitution([.. parts]);
    }

    internal void Write(ReadOnlySpan<char> match, ByteSink output)
    {
        foreach (var part in _parts)
        {
            if (part.Group < 0)
                output.Append(part.Text);
            else
                output.Append(match);
        }
    }

    internal void Write(Match match, ByteSink output)
    {
        foreach (var part in _parts)
        {
            if (part.Group < 0)
                output.Append(part.Text);
            else
                output.Append(match.Groups[part.Group].ValueSpan);
        }
    }

    private static void Flush(List<Part> parts, StringBuilder literal)
    {
        if (literal.Length == 0)
            return;
        parts.Add(new Part(Encoding.UTF8.GetBytes(literal.ToString()), -1));
        literal.Clear();
    }

    private readonly record struct Part(byte[] Text, int Group);
}
