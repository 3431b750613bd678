namespace Envoy.Matching;

/// <summary>An expression whose matches are replaced (<c>envoy.type.matcher.v3.RegexMatchAndSubstitute</c>). Immutable.</summary>
/// <param name="Pattern">The expression, in RE2's language.</param>
/// <param name="Substitution">What takes the place of each match; <c>\1</c> is the first group. Empty: it goes.</param>
public sealed record RegexMatchAndSubstituteConfig(string Pattern, string Substitution = "");
