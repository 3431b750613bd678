using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Envoy.Matching;

/// <summary>
/// Envoy's regular expressions are RE2's and match the whole text. This spells one in the dialect of <see cref="Regex"/> with the same meaning
/// and refuses what has none there: the non-backtracking engine gives RE2's promise of linear time. Immutable.
/// </summary>
internal ref struct Re2Pattern
{
    // RE2's own limit on counted repetition.
    private const int MaxRepeat = 1000;

    private readonly ReadOnlySpan<char> _source;
    private readonly StringBuilder _output;
    private int _at;
    private int _depth;
    private string? _error;

    private Re2Pattern(ReadOnlySpan<char> source)
    {
        _source = source;
        _output = new StringBuilder();
    }

    private readonly bool More => _at < _source.Length && _error is null;

    /// <summary>The same expression for <see cref="Regex"/>, not anchored; null, and why, when there is none.</summary>
    public static string? Translate(string source, out string error)
    {
        error = "";
        if (source.Length == 0)
        {
            error = "a regular expression must not be empty";
            return null;
        }

        var translator = new Re2Pattern(source);
        var pattern = translator.Run();
        if (translator._error is { } wrong)
        {
            error = wrong;
            return null;
        }

        try
        {
            _ = Compile(pattern);
            return pattern;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            error = $"invalid regular expression '{source}': {e.Message}";
            return null;
        }
    }

    /// <summary>An engine that matches all of a text.</summary>
    public static Regex CompileFull(string pattern) => Compile(@"\A(?:" + pattern + @")\z");

    /// <summary>An engine that searches in a text.</summary>
    public static Regex Compile(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private string Run()
    {
        while (More)
        {
            var c = _source[_at++];
            switch (c)
            {
                case '\\':
                    Escape();
                    break;
                case '[':
                    Class();
                    break;
                case '(':
                    Group();
                    break;
                case ')':
                    // Counted, since a stray one would close the group that is put around the whole.
                    if (--_depth < 0)
                        _error = "unexpected )";
                    _output.Append(')');
                    break;
                case '{':
                    Repeat();
                    break;
                case '$':
                    // Without (?m), RE2's "$" is the end of the text; .NET's would also be before a final line feed.
                    _output.Append(HasMultiline() ? "$" : @"\z");
                    break;
                default:
                    _output.Append(c);
                    break;
            }
        }

        return _output.ToString();
    }

    private readonly bool HasMultiline()
    {
        for (var i = 0; i + 2 < _source.Length; i++)
        {
            if (_source[i] != '(' || _source[i + 1] != '?')
                continue;
            for (var j = i + 2; j < _source.Length && (char.IsAsciiLetter(_source[j]) || _source[j] == '-'); j++)
            {
                if (_source[j] == '-')
                    break;
                if (_source[j] == 'm')
                    return true;
            }
        }

        return false;
    }

    private void Group()
    {
        if (_at >= _source.Length || _source[_at] != '?')
        {
            _output.Append('(');
            _depth++;
            return;
        }

        var rest = _source[_at..];
        if (rest.StartsWith("?P<") || (rest.StartsWith("?<") && !rest.StartsWith("?<=") && !rest.StartsWith("?<!")))
        {
            _output.Append("(?<");
            _at += rest[1] == 'P' ? 3 : 2;
            while (_at < _source.Length && (char.IsAsciiLetterOrDigit(_source[_at]) || _source[_at] == '_'))
                _output.Append(_source[_at++]);
            _depth++;
            if (_at >= _source.Length || _source[_at] != '>')
                _error = "invalid name of a group";
            return;
        }

        if (rest.StartsWith("?=") || rest.StartsWith("?!") || rest.StartsWith("?<=") || rest.StartsWith("?<!"))
        {
            _error = "look-around is not supported: RE2 has none";
            return;
        }

        // Flags: i, m and s mean the same in both. U swaps greedy and lazy, which cannot change whether the whole text matches.
        _output.Append("(?");
        _at++;
        var written = _output.Length;
        while (_at < _source.Length && _source[_at] is not (':' or ')'))
        {
            var flag = _source[_at++];
            if (flag is 'i' or 'm' or 's' or '-')
                _output.Append(flag);
            else if (flag != 'U')
                _error ??= $"'(?{flag}' is not supported: RE2 has the flags i, m, s and U";
        }

        if (_output.Length > written && _output[^1] == '-')
            _output.Length--;
        if (_at >= _source.Length)
        {
            _error ??= "missing )";
        }
        else if (_source[_at] == ')' && _output.Length == written)
        {
            // "(?)", or "(?U)" with nothing left of it.
            _output.Length -= 2;
            _at++;
        }
        else
        {
            // What follows is ":" and the group's content, or the ")" that closes it.
            _depth++;
        }
    }

    private void Repeat()
    {
        // What is no repetition is text, in both dialects.
        _output.Append('{');
        var value = 0;
        while (More && _source[_at] is (>= '0' and <= '9') or ',')
        {
            var c = _source[_at++];
            value = c == ',' ? 0 : (value * 10) + (c - '0');
            _output.Append(c);
            if (value > MaxRepeat)
                _error = $"a repetition above {MaxRepeat} is not supported, as in RE2";
        }
    }

    private void Escape()
    {
        if (_at >= _source.Length)
        {
            _error = "trailing \\";
            return;
        }

        var c = _source[_at++];
        switch (c)
        {
            // RE2's are ASCII; .NET's would take every script's digits and letters.
            case 'd' or 's' or 'w' or 'D' or 'S' or 'W':
                _output.Append('[').Append(PerlClass(c)).Append(']');
                break;
            case 'A' or 'z' or 'b' or 'B':
                _output.Append('\\').Append(c);
                break;
            case 'Q':
                Quote();
                break;
            default:
                Literal(c);
                break;
        }
    }

    // \Q...\E: everything between is text.
    private void Quote()
    {
        var rest = _source[_at..];
        var end = rest.IndexOf(@"\E");
        var text = end < 0 ? rest : rest[..end];
        _output.Append(Regex.Escape(text.ToString()));
        _at += end < 0 ? rest.Length : end + 2;
    }

    /// <summary>An escaped character, within a class or not.</summary>
    private void Literal(char c)
    {
        switch (c)
        {
            case 'a' or 'f' or 't' or 'n' or 'r' or 'v':
                _output.Append('\\').Append(c);
                break;
            case 'x':
                Hex();
                break;
            case 'p' or 'P':
                UnicodeClass(c);
                break;
            case '0':
                var value = 0;
                for (var digits = 0; digits < 2 && _at < _source.Length && _source[_at] is >= '0' and <= '7'; digits++)
                    value = (value * 8) + (_source[_at++] - '0');
                AppendCode(value);
                break;
            case >= '1' and <= '9':
                _error = $"'\\{c}' is not supported: RE2 has no back-references";
                break;
            default:
                if (char.IsAsciiLetter(c))
                    _error = $"'\\{c}' is not supported";
                else
                    _output.Append('\\').Append(c);
                break;
        }
    }

    private void Hex()
    {
        var rest = _source[_at..];
        ReadOnlySpan<char> digits;
        if (rest.StartsWith("{") && rest.IndexOf('}') is > 0 and var close)
        {
            digits = rest[1..close];
            _at += close + 1;
        }
        else
        {
            digits = rest.Length >= 2 ? rest[..2] : default;
            _at += digits.Length;
        }

        if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || code is < 0 or > 0xffff)
            _error = "'\\x' needs two hexadecimal digits, or up to four in braces";
        else
            AppendCode(code);
    }

    private readonly void AppendCode(int code) => _output.Append(@"\u").Append(code.ToString("x4", CultureInfo.InvariantCulture));

    private void UnicodeClass(char c)
    {
        var rest = _source[_at..];
        var close = rest.StartsWith("{") ? rest.IndexOf('}') : 0;
        var name = rest.IsEmpty || close < 0 ? default : close == 0 ? rest[..1] : rest[1..close];
        _at += close > 0 ? close + 1 : 1;
        if (name.StartsWith("^"))
        {
            name = name[1..];
            c = c == 'p' ? 'P' : 'p';
        }

        // General categories are spelled alike; scripts are not.
        if (name.Length is 1 or 2)
            _output.Append('\\').Append(c).Append('{').Append(name).Append('}');
        else
            _error = $"the Unicode class '{name}' is not supported; general categories such as \\p{{L}} are";
    }

    private void Class()
    {
        _output.Append('[');
        if (_at < _source.Length && _source[_at] == '^')
        {
            _output.Append('^');
            _at++;
        }

        var first = true;
        while (More)
        {
            var c = _source[_at++];
            if (c == ']' && !first)
            {
                _output.Append(']');
                return;
            }

            first = false;
            var rest = _source[_at..];
            if (c == '[' && rest.StartsWith(":") && rest.IndexOf(":]") is > 0 and var end)
            {
                _output.Append(PosixClass(rest[1..end]));
                _at += end + 2;
            }
            else if (c == '\\')
            {
                if (rest.IsEmpty)
                    break;
                c = _source[_at++];
                if (c is 'd' or 's' or 'w' or 'D' or 'S' or 'W')
                    _output.Append(PerlClass(c));
                else
                    Literal(c);
            }
            else if (c is '[' or ']' or '^')
            {
                // "[" alone would begin a subtraction in .NET, as in [a-z-[m]].
                _output.Append('\\').Append(c);
            }
            else
            {
                _output.Append(c);
            }
        }

        _error ??= "missing ]";
    }

    // The inside of a bracket.
    private static string PerlClass(char c) => c switch
    {
        'd' => "0-9",
        'D' => @"\0-/:-\uffff",
        'w' => "0-9A-Za-z_",
        'W' => @"\0-/:-@\[-\^`{-\uffff",
        's' => @"\t\n\f\r ",
        _ => @"\0-\x08\x0b\x0e-\x1f!-\uffff",
    };

    private string PosixClass(ReadOnlySpan<char> name)
    {
        var text = name switch
        {
            "alnum" => "0-9A-Za-z",
            "alpha" => "A-Za-z",
            "ascii" => @"\0-\x7f",
            "blank" => @"\t ",
            "cntrl" => @"\0-\x1f\x7f",
            "digit" => "0-9",
            "graph" => "!-~",
            "lower" => "a-z",
            "print" => " -~",
            "punct" => @"!-/:-@\[-`{-~",
            "space" => @"\t\n\v\f\r ",
            "upper" => "A-Z",
            "word" => "0-9A-Za-z_",
            "xdigit" => "0-9A-Fa-f",
            "^alnum" => @"\0-/:-@\[-`{-\uffff",
            "^alpha" => @"\0-@\[-`{-\uffff",
            "^digit" => @"\0-/:-\uffff",
            "^lower" => @"\0-`{-\uffff",
            "^space" => @"\0-\x08\x0e-\x1f!-\uffff",
            "^upper" => @"\0-@\[-\uffff",
            "^word" => @"\0-/:-@\[-\^`{-\uffff",
            "^xdigit" => @"\0-/:-@G-`g-\uffff",
            _ => null,
        };
        if (text is null)
            _error = $"the class '[:{name}:]' is not supported";
        return text ?? "";
    }
}
