namespace Envoy.Matching;

/// <summary>How a string is matched.</summary>
public enum StringMatchKind
{
    /// <summary>It is the value.</summary>
    Exact,

    /// <summary>It begins with the value.</summary>
    Prefix,

    /// <summary>It ends with the value.</summary>
    Suffix,

    /// <summary>It contains the value.</summary>
    Contains,

    /// <summary>The expression (RE2, linear time) matches all of it.</summary>
    Regex,
}

/// <summary>A condition on a string (<c>envoy.type.matcher.v3.StringMatcher</c>). Immutable.</summary>
/// <param name="Kind">How it is matched.</param>
/// <param name="Value">The text, or the expression.</param>
/// <param name="IgnoreCase">ASCII letters match in any case; not for expressions, which say so themselves. Default false.</param>
public sealed record StringMatcherConfig(StringMatchKind Kind, string Value, bool IgnoreCase = false)
{
    /// <summary>The string is <paramref name="value"/>.</summary>
    public static StringMatcherConfig Exact(string value) => new(StringMatchKind.Exact, value);

    /// <summary>The string begins with <paramref name="value"/>.</summary>
    public static StringMatcherConfig Prefix(string value) => new(StringMatchKind.Prefix, value);

    /// <summary>The string ends with <paramref name="value"/>.</summary>
    public static StringMatcherConfig Suffix(string value) => new(StringMatchKind.Suffix, value);

    /// <summary>The string contains <paramref name="value"/>.</summary>
    public static StringMatcherConfig Contains(string value) => new(StringMatchKind.Contains, value);

    /// <summary>The expression <paramref name="value"/> matches all of the string.</summary>
    public static StringMatcherConfig Regex(string value) => new(StringMatchKind.Regex, value);

    /// <inheritdoc/>
    public override string ToString() => $"{(Kind == StringMatchKind.Regex ? "safe_regex" : Kind.ToString().ToLowerInvariant())} \"{Value}\"";
}
