using System.Text;
using Envoy.Http.Headers;

namespace Envoy.Matching;

/// <summary>Conditions on cookies, all of which must hold, compiled. Immutable.</summary>
internal sealed class CookieMatcherSet
{
    private readonly Matcher[] _matchers;

    private CookieMatcherSet(Matcher[] matchers) => _matchers = matchers;

    /// <summary>Compiles conditions; null when there are none. <paramref name="onError"/> gets the place and what is wrong there.</summary>
    public static CookieMatcherSet? Compile(IReadOnlyList<CookieMatcherConfig> configs, Action<int, string> onError)
    {
        if (configs.Count == 0)
            return null;
        var matchers = new List<Matcher>(configs.Count);
        for (var i = 0; i < configs.Count; i++)
        {
            if (StringMatcher.TryCompile(configs[i].StringMatch, out var error) is { } text)
                matchers.Add(new Matcher(configs[i], Encoding.UTF8.GetBytes(configs[i].Name), text));
            else
                onError(i, error);
        }

        return new CookieMatcherSet([.. matchers]);
    }

    public bool Matches(HeaderMap headers, MatchScratch scratch) => FirstMismatch(headers, scratch) < 0;

    /// <summary>The first that does not hold; -1: all do.</summary>
    public int FirstMismatch(HeaderMap headers, MatchScratch scratch)
    {
        for (var i = 0; i < _matchers.Length; i++)
        {
            ref readonly var matcher = ref _matchers[i];
            if (!CookieHeader.TryGet(headers, matcher.Name, out var value) || matcher.Text.Matches(value, scratch) == matcher.Config.InvertMatch)
                return i;
        }

        return -1;
    }

    public string Describe(int index)
    {
        var config = _matchers[index].Config;
        return $"cookie {config.Name} {(config.InvertMatch ? "not " : "")}{config.StringMatch}";
    }

    private readonly record struct Matcher(CookieMatcherConfig Config, byte[] Name, StringMatcher Text);
}
