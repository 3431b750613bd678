using System.Globalization;
using System.Text;

namespace Envoy.Matching;

/// <summary>
/// A template for paths (Envoy's uri_template): segments that are text, <c>*</c> (one segment), <c>**</c> (the rest) or a variable
/// <c>{name}</c> or <c>{name=pattern}</c>. Matched as the regular expression that Envoy makes of it. Immutable.
/// </summary>
internal sealed class PathTemplate
{
    private const int MostVariables = 5;
    private const int LongestVariableName = 16;
    private const string Literal = "a-zA-Z0-9-._~%!$&'()+,;:@=*";
    private const string PathGlob = "[" + Literal + "]+";
    private const string TextGlob = "[" + Literal + "/]*";

    private readonly List<string> _variables = [];
    private readonly StringBuilder _regex = new("/");
    private RegexPattern _pattern = null!;
    private bool _seenTextGlob;

    private PathTemplate(string source) => Source = source;

    /// <summary>As it was configured.</summary>
    public string Source { get; }

    /// <summary>The variables in their order, which is that of the groups of <see cref="Pattern"/>.</summary>
    public IReadOnlyList<string> Variables => _variables;

    /// <summary>The expression, one group for each variable.</summary>
    public RegexPattern Pattern => _pattern;

    /// <summary>Parses a template; null, and why in Envoy's words, when it is wrong.</summary>
    public static PathTemplate? TryParse(string source, out string error)
    {
        var template = new PathTemplate(source);
        error = template.Parse();
        return error.Length == 0 ? template : null;
    }

    /// <param name="path">The path without its query.</param>
    /// <param name="scratch">The worker's room.</param>
    public bool IsMatch(ReadOnlySpan<byte> path, MatchScratch scratch) => _pattern.IsFullMatch(path, scratch);

    private static bool IsLiteral(ReadOnlySpan<char> text) => text.Length > 0 && text.IndexOfAnyExcept(LiteralChars) < 0;

    internal static bool IsRewriteLiteral(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (c != '/' && !LiteralChars.Contains(c))
                return false;
        }

        return text.Length > 0;
    }

    internal static bool IsVariableName(ReadOnlySpan<char> name)
    {
        var right = name.Length > 0 && char.IsAsciiLetter(name[0]);
        foreach (var c in name)
            right &= char.IsAsciiLetterOrDigit(c) || c == '_';
        return right;
    }

    private static readonly System.Buffers.SearchValues<char> LiteralChars =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%!$&'()+,;:@=*");

    private string Parse()
    {
        var rest = Source.AsSpan();
        if (rest.Length == 0 || rest[0] != '/' || rest.IndexOfAnyExceptInRange('!', '~') >= 0)
            return $"Invalid pattern: \"{Source}\"";
        rest = rest[1..];
        while (rest.Length > 0)
        {
            var error = rest[0] switch
            {
                '*' => ParseGlob(ref rest),
                '{' => ParseVariable(ref rest),
                _ => ParseLiteral(ref rest),
            };
            if (error.Length > 0)
                return error;
            if (rest.Length == 0)
                break;
            if (rest[0] == '/')
            {
                _regex.Append('/');
                rest = rest[1..];
                continue;
            }

            error = ParseLiteral(ref rest);
            if (error.Length > 0)
                return error;
            if (rest.Length > 0)
                return "Prefix match not supported.";
        }

        if (_variables.Count > MostVariables)
            return string.Create(CultureInfo.InvariantCulture, $"Exceeded variable count limit ({MostVariables})");
        var pattern = RegexPattern.TryCompile(_regex.ToString(), out var wrong);
        if (pattern is null)
            return wrong;
        _pattern = pattern;
        return "";
    }

    private string ParseGlob(ref ReadOnlySpan<char> rest)
    {
        if (_seenTextGlob)
            return "Glob after text glob.";
        _seenTextGlob = rest.StartsWith("**");
        _regex.Append(_seenTextGlob ? TextGlob : PathGlob);
        rest = rest[(_seenTextGlob ? 2 : 1)..];
        return "";
    }

    private string ParseLiteral(ref ReadOnlySpan<char> rest)
    {
        var slash = rest.IndexOf('/');
        var literal = slash < 0 ? rest : rest[..slash];
        if (!IsLiteral(literal))
            return $"Invalid literal: \"{literal}\"";
        foreach (var c in literal)
        {
            // Envoy escapes these only; what is left of the characters a literal may have means itself, but for the asterisk.
            if (c is '$' or '(' or ')' or '+' or '.' or '*')
                _regex.Append('\\');
            _regex.Append(c);
        }

        rest = slash < 0 ? default : rest[slash..];
        return "";
    }

    private string ParseVariable(ref ReadOnlySpan<char> rest)
    {
        var close = rest.IndexOf('}');
        if (close < 0)
            return $"Unmatched variable bracket in \"{rest}\"";
        var inner = rest[1..close];
        rest = rest[(close + 1)..];
        var equals = inner.IndexOf('=');
        var name = equals < 0 ? inner : inner[..equals];
        if (!IsVariableName(name))
            return $"Invalid variable name: \"{name}\"";
        if (name.Length > LongestVariableName)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"Invalid variable name length (length of \"{name}\" should be at least 1 and no more than {LongestVariableName})");
        }

        if (_variables.Contains(name.ToString()))
            return $"Repeated variable name: \"{name}\"";
        _variables.Add(name.ToString());
        _regex.Append("(?P<").Append(name).Append('>');
        if (equals < 0)
        {
            if (_seenTextGlob)
                return "Implicit variable path glob after text glob.";
            _regex.Append(PathGlob);
        }
        else
        {
            var error = ParseVariableMatch(inner[(equals + 1)..]);
            if (error.Length > 0)
                return error;
        }

        _regex.Append(')');
        return "";
    }

    private string ParseVariableMatch(ReadOnlySpan<char> rest)
    {
        if (rest.Length == 0)
            return "Empty variable match";
        while (rest.Length > 0)
        {
            var error = rest[0] == '*' ? ParseGlob(ref rest) : ParseLiteral(ref rest);
            if (error.Length > 0)
                return error;
            if (rest.Length == 0)
                break;
            if (rest[0] != '/' || rest.Length == 1)
                return $"Invalid variable match: \"{rest}\"";
            _regex.Append('/');
            rest = rest[1..];
        }

        return "";
    }
}
