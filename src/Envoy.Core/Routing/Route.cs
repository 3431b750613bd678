using Envoy.Http;

namespace Envoy.Routing;

/// <summary>One compiled route: its condition on the path and its action. Immutable.</summary>
internal sealed class Route
{
    private readonly byte[] _text;
    private readonly PathCondition _condition;

    internal Route(VirtualHost virtualHost, string name, RouteAction action, PathCondition condition, byte[] text, int regexIndex)
    {
        VirtualHost = virtualHost;
        Name = name;
        Action = action;
        _condition = condition;
        _text = text;
        RegexIndex = regexIndex;
    }

    /// <summary>How a route looks at the path.</summary>
    internal enum PathCondition : byte
    {
        /// <summary>It begins with the text.</summary>
        Prefix,

        /// <summary>As <see cref="Prefix"/>, in any case; the text is lower case.</summary>
        PrefixIgnoreCase,

        /// <summary>It is the text.</summary>
        Exact,

        /// <summary>As <see cref="Exact"/>, in any case; the text is lower case.</summary>
        ExactIgnoreCase,

        /// <summary>A regular expression matches all of it.</summary>
        Regex,
    }

    /// <summary>The virtual host it belongs to.</summary>
    public VirtualHost VirtualHost { get; }

    /// <summary>Its name for messages and access logs; may be empty.</summary>
    public string Name { get; }

    /// <summary>What it does.</summary>
    public RouteAction Action { get; }

    /// <summary>Its regular expression's place in the table; -1 when it has none.</summary>
    internal int RegexIndex { get; }

    /// <summary>How much of <paramref name="path"/> (without query) the condition covers: what a prefix rewrite replaces.</summary>
    public int MatchedLength(ReadOnlySpan<byte> path) =>
        _condition is PathCondition.Prefix or PathCondition.PrefixIgnoreCase ? _text.Length : path.Length;

    /// <summary>Whether the condition holds for <paramref name="path"/> (without query); regular expressions are the matcher's.</summary>
    internal bool Matches(ReadOnlySpan<byte> path) => _condition switch
    {
        PathCondition.Prefix => path.StartsWith(_text),
        PathCondition.Exact => path.SequenceEqual(_text),
        PathCondition.PrefixIgnoreCase => path.Length >= _text.Length && AsciiBytes.EqualsIgnoreCase(path[.._text.Length], _text),
        PathCondition.ExactIgnoreCase => AsciiBytes.EqualsIgnoreCase(path, _text),
        _ => false,
    };
}
