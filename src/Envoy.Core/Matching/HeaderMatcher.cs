using System.Buffers.Text;
using System.Globalization;
using Envoy.Http.Headers;

namespace Envoy.Matching;

/// <summary>A compiled condition on a header. Immutable.</summary>
internal sealed class HeaderMatcher
{
    private readonly HeaderMatcherConfig _config;
    private readonly HeaderName _name;
    private readonly StringMatcher? _string;

    private HeaderMatcher(HeaderMatcherConfig config, StringMatcher? matcher)
    {
        _config = config;
        _name = new HeaderName(config.Name);
        _string = matcher;
    }

    /// <summary>Compiles a condition; null, and why, when its expression is wrong.</summary>
    public static HeaderMatcher? TryCompile(HeaderMatcherConfig config, out string error)
    {
        error = "";
        if (config.StringMatch is null)
            return new HeaderMatcher(config, null);
        var matcher = StringMatcher.TryCompile(config.StringMatch, out error);
        return matcher is null ? null : new HeaderMatcher(config, matcher);
    }

    public bool Matches(HeaderMap headers, MatchScratch scratch)
    {
        var present = _name.TryGet(headers, out var value);
        if (_string is null && _config.RangeMatch is null)
        {
            // Envoy asks only whether it is there; one that counts as empty is.
            return (present || _config.TreatMissingHeaderAsEmpty) == _config.PresentMatch != _config.InvertMatch;
        }

        // Not there: no condition on its value holds, and no opposite of one either.
        if (!present && !_config.TreatMissingHeaderAsEmpty)
            return false;
        if (present && _name.CountIn(headers) > 1)
            value = Join(headers, scratch);
        return IsMet(value, scratch) != _config.InvertMatch;
    }

    /// <summary>Makes the worker's engine before the first request needs it.</summary>
    public void Warm(MatchScratch scratch) => _string?.Warm(scratch);

    /// <inheritdoc/>
    public override string ToString()
    {
        var condition = _config.StringMatch is { } text ? text.ToString()
            : _config.RangeMatch is { } range ? string.Create(CultureInfo.InvariantCulture, $"range [{range.Start}, {range.End})")
            : _config.PresentMatch ? "present" : "not present";
        return $"header {_config.Name} {(_config.InvertMatch ? "not " : "")}{condition}";
    }

    private bool IsMet(ReadOnlySpan<byte> value, MatchScratch scratch)
    {
        if (_string is not null)
            return _string.Matches(value, scratch);
        var range = _config.RangeMatch!;
        return Utf8Parser.TryParse(value, out long number, out var read) && read == value.Length && number >= range.Start && number < range.End;
    }

    private ReadOnlySpan<byte> Join(HeaderMap headers, MatchScratch scratch)
    {
        var joined = scratch.Joined;
        joined.Clear();
        _name.JoinTo(headers, joined);
        return joined.Written;
    }
}
