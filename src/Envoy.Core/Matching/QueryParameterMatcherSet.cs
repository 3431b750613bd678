using System.Text;

namespace Envoy.Matching;

/// <summary>Conditions on query parameters, all of which must hold, compiled. Immutable.</summary>
internal sealed class QueryParameterMatcherSet
{
    private readonly Matcher[] _matchers;

    private QueryParameterMatcherSet(Matcher[] matchers) => _matchers = matchers;

    /// <summary>Compiles conditions; null when there are none. <paramref name="onError"/> gets the place and what is wrong there.</summary>
    public static QueryParameterMatcherSet? Compile(IReadOnlyList<QueryParameterMatcherConfig> configs, Action<int, string> onError)
    {
        if (configs.Count == 0)
            return null;
        var matchers = new List<Matcher>(configs.Count);
        for (var i = 0; i < configs.Count; i++)
        {
            StringMatcher? text = null;
            if (configs[i].StringMatch is { } condition && (text = StringMatcher.TryCompile(condition, out var error)) is null)
                onError(i, error);
            matchers.Add(new Matcher(configs[i], Encoding.UTF8.GetBytes(configs[i].Name), text));
        }

        return new QueryParameterMatcherSet([.. matchers]);
    }

    /// <param name="path">The path with its query.</param>
    /// <param name="scratch">The worker's room.</param>
    public bool Matches(ReadOnlySpan<byte> path, MatchScratch scratch) => FirstMismatch(path, scratch) < 0;

    /// <summary>The first that does not hold; -1: all do.</summary>
    public int FirstMismatch(ReadOnlySpan<byte> path, MatchScratch scratch)
    {
        for (var i = 0; i < _matchers.Length; i++)
        {
            ref readonly var matcher = ref _matchers[i];
            var present = QueryParameters.TryGetFirst(path, matcher.Name, out var value);
            if (matcher.Text is null ? present != matcher.Config.PresentMatch : !present || !matcher.Text.Matches(value, scratch))
                return i;
        }

        return -1;
    }

    public string Describe(int index)
    {
        var config = _matchers[index].Config;
        return $"query parameter {config.Name} {config.StringMatch?.ToString() ?? (config.PresentMatch ? "present" : "not present")}";
    }

    private readonly record struct Matcher(QueryParameterMatcherConfig Config, byte[] Name, StringMatcher? Text);
}
