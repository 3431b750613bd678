using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Envoy.Buffers;
using Envoy.Runtime;

namespace Envoy.Matching;

/// <summary>
/// One worker's room for matching: its own engines of the patterns it uses (a non-backtracking <see cref="Regex"/> allocates when two threads
/// share one) and buffers to spell text out for them. Engines go with their patterns when a configuration is replaced. Worker-owned.
/// </summary>
internal sealed class MatchScratch
{
    private readonly ConditionalWeakTable<RegexPattern, Engines> _engines = [];
    private char[] _chars = new char[256];

    /// <summary>Room for values that have to be put together before they are matched.</summary>
    public ByteSink Joined { get; } = new();

    /// <summary>The worker's own.</summary>
    public static MatchScratch Of(Worker worker) => worker.Local(static _ => new MatchScratch());

    /// <summary>Makes the engine of a pattern, so that the first request does not have to.</summary>
    public void Warm(RegexPattern pattern) => _ = Full(pattern);

    /// <summary>The engine that matches a whole text.</summary>
    internal Regex Full(RegexPattern pattern)
    {
        if (!_engines.TryGetValue(pattern, out var engines))
            _engines.Add(pattern, engines = new Engines(Re2Pattern.CompileFull(pattern.Translated)));
        return engines.Full;
    }

    /// <summary>The engine that searches in a text.</summary>
    internal Regex Search(RegexPattern pattern)
    {
        _ = Full(pattern);
        _ = _engines.TryGetValue(pattern, out var engines);
        return engines!.Search ??= Re2Pattern.Compile(pattern.Translated);
    }

    /// <summary>UTF-8 as characters; they live until the next call.</summary>
    internal ReadOnlySpan<char> Spell(ReadOnlySpan<byte> utf8)
    {
        // UTF-8 never has more characters than bytes.
        if (_chars.Length < utf8.Length)
            _chars = new char[Math.Max(_chars.Length * 2, utf8.Length)];
        return _chars.AsSpan(0, Encoding.UTF8.GetChars(utf8, _chars));
    }

    private sealed class Engines(Regex full)
    {
        public Regex Full { get; } = full;

        public Regex? Search { get; set; }
    }
}
