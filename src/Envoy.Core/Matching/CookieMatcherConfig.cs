namespace Envoy.Matching;

/// <summary>A condition on a cookie (<c>route.v3.CookieMatcher</c>). A cookie that is not there does not meet it either way. Immutable.</summary>
/// <param name="Name">The cookie; its case counts.</param>
/// <param name="StringMatch">The condition on its value.</param>
/// <param name="InvertMatch">The opposite counts. Default false.</param>
public sealed record CookieMatcherConfig(string Name, StringMatcherConfig StringMatch, bool InvertMatch = false);
