using System.Text;
using Envoy.Extensions;
using Envoy.Matching;
using Envoy.Net.Tls;

namespace Envoy.TransportSockets.Tls;

/// <summary>A compiled condition on a certificate's names. Immutable.</summary>
internal sealed class SubjectNameMatcher
{
    private readonly SubjectNameMatcherConfig _config;
    private readonly StringMatcher _matcher;

    private SubjectNameMatcher(SubjectNameMatcherConfig config, StringMatcher matcher)
    {
        _config = config;
        _matcher = matcher;
    }

    /// <exception cref="TlsMaterialException">Its expression is wrong.</exception>
    public static SubjectNameMatcher Compile(SubjectNameMatcherConfig config)
    {
        if (config.Kind == SubjectNameKind.OtherName && config.ObjectId.Length == 0)
            throw new TlsMaterialException("a matcher of OTHER_NAME needs an oid");
        return StringMatcher.TryCompile(config.Matcher, out var error) is { } matcher
            ? new SubjectNameMatcher(config, matcher)
            : throw new TlsMaterialException(error);
    }

    public bool Matches(SubjectAlternativeNames names, MatchScratch scratch)
    {
        if (_config.Kind == SubjectNameKind.OtherName)
        {
            foreach (var other in names.Other)
            {
                if (other.Key == _config.ObjectId && MatchesText(other.Value, scratch))
                    return true;
            }

            return false;
        }

        var isHost = _config.Kind == SubjectNameKind.Dns && _config.Matcher.Kind == StringMatchKind.Exact;
        foreach (var name in Of(names))
        {
            if (isHost ? MatchesHost(_config.Matcher.Value, name) : MatchesText(name, scratch))
                return true;
        }

        return false;
    }

    /// <summary>Whether a certificate's name, which may begin with a wildcard label, is for <paramref name="host"/> (RFC 6125 section 6.4.3).</summary>
    public static bool MatchesHost(string host, string name)
    {
        if (string.Equals(host, name, StringComparison.OrdinalIgnoreCase))
            return true;
        var hostDot = host.IndexOf('.', StringComparison.Ordinal);
        var nameDot = name.IndexOf('.', StringComparison.Ordinal);
        if (hostDot < 0 || nameDot < 0 || !host.AsSpan(hostDot).Equals(name.AsSpan(nameDot), StringComparison.OrdinalIgnoreCase))
            return false;
        var label = name.AsSpan(0, nameDot);
        var star = label.IndexOf('*');
        // One wildcard, not within an internationalised label.
        if (star < 0 || label.LastIndexOf('*') != star || label.StartsWith("xn--", StringComparison.OrdinalIgnoreCase) || name.AsSpan(nameDot).Contains('*'))
            return false;
        var first = host.AsSpan(0, hostDot);
        return first.Length + 1 >= label.Length
            && first.StartsWith(label[..star], StringComparison.OrdinalIgnoreCase)
            && first.EndsWith(label[(star + 1)..], StringComparison.OrdinalIgnoreCase);
    }

    private ValueList<string> Of(SubjectAlternativeNames names) => _config.Kind switch
    {
        SubjectNameKind.Dns => names.Dns,
        SubjectNameKind.Email => names.Email,
        SubjectNameKind.Uri => names.Uri,
        _ => names.Ip,
    };

    private bool MatchesText(string text, MatchScratch scratch) => _matcher.Matches(Encoding.UTF8.GetBytes(text), scratch);
}
