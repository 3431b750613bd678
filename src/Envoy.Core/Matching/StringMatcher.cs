using System.Text;
using Envoy.Http;

namespace Envoy.Matching;

/// <summary>A compiled condition on a string. Immutable.</summary>
internal sealed class StringMatcher
{
    private readonly StringMatchKind _kind;
    private readonly bool _ignoreCase;
    private readonly byte[] _text;
    private readonly RegexPattern? _pattern;

    private StringMatcher(StringMatcherConfig config, RegexPattern? pattern)
    {
        _kind = config.Kind;
        _ignoreCase = config.IgnoreCase && pattern is null;
        _pattern = pattern;
        _text = Encoding.UTF8.GetBytes(config.Value);
        if (_ignoreCase)
        {
            foreach (ref var b in _text.AsSpan())
                b = AsciiBytes.ToLower(b);
        }
    }

    /// <summary>Compiles a condition; null, and why, when its expression is wrong.</summary>
    public static StringMatcher? TryCompile(StringMatcherConfig config, out string error)
    {
        error = "";
        if (config.Kind != StringMatchKind.Regex)
            return new StringMatcher(config, null);
        var pattern = RegexPattern.TryCompile(config.Value, out error);
        return pattern is null ? null : new StringMatcher(config, pattern);
    }

    public bool Matches(ReadOnlySpan<byte> value, MatchScratch scratch)
    {
        if (_pattern is not null)
            return _pattern.IsFullMatch(value, scratch);
        if (value.Length < _text.Length || (_kind == StringMatchKind.Exact && value.Length != _text.Length))
            return false;
        return _kind switch
        {
            StringMatchKind.Suffix => Same(value[^_text.Length..]),
            StringMatchKind.Contains => Contains(value),
            _ => Same(value[.._text.Length]),
        };
    }

    /// <summary>Makes the worker's engine before the first request needs it.</summary>
    public void Warm(MatchScratch scratch)
    {
        if (_pattern is not null)
            scratch.Warm(_pattern);
    }

    private bool Same(ReadOnlySpan<byte> value) => _ignoreCase ? AsciiBytes.EqualsIgnoreCase(value, _text) : value.SequenceEqual(_text);

    private bool Contains(ReadOnlySpan<byte> value)
    {
        if (!_ignoreCase)
            return value.IndexOf(_text) >= 0;
        for (var i = 0; i + _text.Length <= value.Length; i++)
        {
            if (AsciiBytes.EqualsIgnoreCase(value.Slice(i, _text.Length), _text))
                return true;
        }

        return false;
    }
}
