using Envoy.Http.Headers;

namespace Envoy.Matching;

/// <summary>Conditions on headers, all of which must hold. Immutable.</summary>
internal sealed class HeaderMatcherSet
{
    private readonly HeaderMatcher[] _matchers;

    private HeaderMatcherSet(HeaderMatcher[] matchers) => _matchers = matchers;

    /// <summary>Compiles conditions; null when there are none. <paramref name="onError"/> gets the place and what is wrong there.</summary>
    public static HeaderMatcherSet? Compile(IReadOnlyList<HeaderMatcherConfig> configs, Action<int, string> onError)
    {
        if (configs.Count == 0)
            return null;
        var matchers = new List<HeaderMatcher>(configs.Count);
        for (var i = 0; i < configs.Count; i++)
        {
            if (HeaderMatcher.TryCompile(configs[i], out var error) is { } matcher)
                matchers.Add(matcher);
            else
                onError(i, error);
        }

        return new HeaderMatcherSet([.. matchers]);
    }

    public bool Matches(HeaderMap headers, MatchScratch scratch) => FirstMismatch(headers, scratch) < 0;

    /// <summary>Whether any of them holds.</summary>
    public bool MatchesAny(HeaderMap headers, MatchScratch scratch)
    {
        foreach (var matcher in _matchers)
        {
            if (matcher.Matches(headers, scratch))
                return true;
        }

        return false;
    }

    /// <summary>The first that does not hold; -1: all do.</summary>
    public int FirstMismatch(HeaderMap headers, MatchScratch scratch)
    {
        for (var i = 0; i < _matchers.Length; i++)
        {
            if (!_matchers[i].Matches(headers, scratch))
                return i;
        }

        return -1;
    }

    public string Describe(int index) => _matchers[index].ToString();

    /// <summary>Makes the worker's engines before the first request needs them.</summary>
    public void Warm(MatchScratch scratch)
    {
        foreach (var matcher in _matchers)
            matcher.Warm(scratch);
    }
}
