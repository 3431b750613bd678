using System.Text;
using Envoy.Http;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>How a route looks at the path without its query, compiled. Immutable.</summary>
internal sealed class PathCondition
{
    private readonly PathMatchConfig _config;
    private readonly RegexPattern? _regex;
    private readonly PathTemplate? _template;

    private PathCondition(PathMatchConfig config, PathKind kind, byte[] text, RegexPattern? regex = null, PathTemplate? template = null)
    {
        _config = config;
        Kind = kind;
        Text = text;
        _regex = regex;
        _template = template;
    }

    /// <summary>The ways to look at a path.</summary>
    internal enum PathKind : byte
    {
        /// <summary>It begins with the text.</summary>
        Prefix,

        /// <summary>As <see cref="Prefix"/>, in any case; the text is lower case.</summary>
        PrefixIgnoreCase,

        /// <summary>It is the text.</summary>
        Exact,

        /// <summary>As <see cref="Exact"/>, in any case; the text is lower case.</summary>
        ExactIgnoreCase,

        /// <summary>It is the text, or goes on behind it with a slash.</summary>
        SeparatedPrefix,

        /// <summary>As <see cref="SeparatedPrefix"/>, in any case; the text is lower case.</summary>
        SeparatedPrefixIgnoreCase,

        /// <summary>A regular expression matches all of it.</summary>
        Regex,

        /// <summary>It matches a template.</summary>
        Template,

        /// <summary>Whatever it is, if the method is CONNECT.</summary>
        Connect,
    }

    public PathKind Kind { get; }

    /// <summary>The prefix or path; empty for the others.</summary>
    public byte[] Text { get; }

    /// <summary>The template; null for the others.</summary>
    public PathTemplate? Template => _template;

    /// <summary>Compiles a condition; what is wrong goes to <paramref name="errors"/>.</summary>
    public static PathCondition Compile(RouteMatchConfig match, string path, ICollection<RouteError> errors)
    {
        var anyCase = !match.CaseSensitive;
        switch (match.Path)
        {
            case PrefixMatchConfig prefix:
                CheckText(prefix.Prefix, path + ".prefix", errors);
                return new(prefix, anyCase ? PathKind.PrefixIgnoreCase : PathKind.Prefix, TextOf(prefix.Prefix, anyCase));
            case ExactPathMatchConfig exact:
                CheckText(exact.Path, path + ".path", errors);
                return new(exact, anyCase ? PathKind.ExactIgnoreCase : PathKind.Exact, TextOf(exact.Path, anyCase));
            case PathSeparatedPrefixMatchConfig separated:
                CheckText(separated.Prefix, path + ".path_separated_prefix", errors);
                if (separated.Prefix.Length == 0 || separated.Prefix[^1] == '/')
                    errors.Add(new RouteError(path + ".path_separated_prefix", "must not be empty and must not end with '/'"));
                return new(separated, anyCase ? PathKind.SeparatedPrefixIgnoreCase : PathKind.SeparatedPrefix, TextOf(separated.Prefix, anyCase));
            case RegexMatchConfig regex:
                var pattern = RegexPattern.TryCompile(regex.Regex, out var wrong);
                if (pattern is null)
                    errors.Add(new RouteError(path + ".safe_regex", wrong));
                return new(regex, PathKind.Regex, [], pattern);
            case PathTemplateMatchConfig template:
                var parsed = PathTemplate.TryParse(template.Template, out var error);
                if (parsed is null)
                    errors.Add(new RouteError(path + ".path_match_policy", $"path_match_policy.path_template {template.Template} is invalid: {error}"));
                return new(template, PathKind.Template, [], null, parsed);
            case ConnectMatchConfig connect:
                return new(connect, PathKind.Connect, []);
            default:
                errors.Add(new RouteError(path, "a route needs a condition on the path: prefix, path, safe_regex or another"));
                return new(match.Path, PathKind.Prefix, []);
        }
    }

    /// <summary>How much of <paramref name="path"/> (without query) the condition covers: what a prefix rewrite replaces.</summary>
    public int MatchedLength(ReadOnlySpan<byte> path) => Kind is PathKind.Regex or PathKind.Template or PathKind.Connect ? path.Length : Text.Length;

    /// <summary>Whether the condition holds for <paramref name="path"/> (without query).</summary>
    public bool Matches(ReadOnlySpan<byte> path, ReadOnlySpan<byte> method, MatchScratch scratch) => Kind switch
    {
        PathKind.Prefix => path.StartsWith(Text),
        PathKind.Exact => path.SequenceEqual(Text),
        PathKind.PrefixIgnoreCase => StartsIgnoringCase(path),
        PathKind.ExactIgnoreCase => path.Length == Text.Length && StartsIgnoringCase(path),
        PathKind.SeparatedPrefix => path.StartsWith(Text) && EndsSegment(path),
        PathKind.SeparatedPrefixIgnoreCase => StartsIgnoringCase(path) && EndsSegment(path),
        PathKind.Regex => _regex!.IsFullMatch(path, scratch),
        PathKind.Template => _template!.IsMatch(path, scratch),
        _ => method.SequenceEqual("CONNECT"u8),
    };

    /// <summary>Makes the worker's own instance of the pattern before the first request needs it.</summary>
    public void Warm(MatchScratch scratch)
    {
        if (_regex is not null)
            scratch.Warm(_regex);
    }

    public override string ToString() => _config switch
    {
        PrefixMatchConfig prefix => $"prefix \"{prefix.Prefix}\"",
        ExactPathMatchConfig exact => $"path \"{exact.Path}\"",
        PathSeparatedPrefixMatchConfig separated => $"path_separated_prefix \"{separated.Prefix}\"",
        RegexMatchConfig regex => $"safe_regex \"{regex.Regex}\"",
        PathTemplateMatchConfig template => $"path_template \"{template.Template}\"",
        _ => "connect_matcher",
    };

    private bool StartsIgnoringCase(ReadOnlySpan<byte> path) => path.Length >= Text.Length && AsciiBytes.EqualsIgnoreCase(path[..Text.Length], Text);

    private bool EndsSegment(ReadOnlySpan<byte> path) => path.Length == Text.Length || path[Text.Length] == (byte)'/';

    private static byte[] TextOf(string text, bool lower)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (lower)
        {
            foreach (ref var b in bytes.AsSpan())
                b = AsciiBytes.ToLower(b);
        }

        return bytes;
    }

    // Conditions see the path without query and fragment, so one that asks for them can never hold.
    private static void CheckText(string text, string path, ICollection<RouteError> errors)
    {
        if (text.AsSpan().IndexOfAny('?', '#') >= 0)
            errors.Add(new RouteError(path, "a path condition sees no query and no fragment, and must not hold '?' or '#'"));
        if (text.AsSpan().IndexOfAny('\0', '\r', '\n') >= 0)
            errors.Add(new RouteError(path, "must not hold NUL, CR or LF"));
    }
}
