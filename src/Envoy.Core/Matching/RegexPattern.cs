using Envoy.Buffers;

namespace Envoy.Matching;

/// <summary>A regular expression in RE2's language, matched in time linear in the text. Immutable.</summary>
internal sealed class RegexPattern
{
    private RegexPattern(string source, string translated)
    {
        Source = source;
        Translated = translated;
        GroupCount = Re2Pattern.Compile(translated).GetGroupNumbers().Length - 1;
    }

    /// <summary>As it was configured.</summary>
    public string Source { get; }

    /// <summary>How many groups it has.</summary>
    public int GroupCount { get; }

    /// <summary>In the dialect of <see cref="System.Text.RegularExpressions.Regex"/>.</summary>
    internal string Translated { get; }

    /// <summary>Compiles <paramref name="source"/>; null, and why, when it is no expression of RE2's.</summary>
    public static RegexPattern? TryCompile(string source, out string error)
    {
        var translated = Re2Pattern.Translate(source, out error);
        return translated is null ? null : new RegexPattern(source, translated);
    }

    /// <summary>Whether it matches all of <paramref name="utf8"/>.</summary>
    public bool IsFullMatch(ReadOnlySpan<byte> utf8, MatchScratch scratch) => scratch.Full(this).IsMatch(scratch.Spell(utf8));

    /// <summary>
    /// Appends <paramref name="utf8"/> with every match replaced, as RE2's GlobalReplace does it. A substitution that names groups makes
    /// strings, since only those can be asked for groups; one that does not allocates nothing.
    /// </summary>
    public void ReplaceAll(ReadOnlySpan<byte> utf8, RegexSubstitution substitution, MatchScratch scratch, ByteSink output)
    {
        if (substitution.UsesGroups)
        {
            ReplaceWithGroups(utf8, substitution, scratch, output);
            return;
        }

        var text = scratch.Spell(utf8);
        var from = 0;
        foreach (var match in scratch.Search(this).EnumerateMatches(text))
        {
            // RE2 takes no empty match right behind another one.
            if (match.Length == 0 && match.Index == from && from > 0)
                continue;
            output.Append(text[from..match.Index]);
            substitution.Write(text.Slice(match.Index, match.Length), output);
            from = match.Index + match.Length;
        }

        output.Append(text[from..]);
    }

    private void ReplaceWithGroups(ReadOnlySpan<byte> utf8, RegexSubstitution substitution, MatchScratch scratch, ByteSink output)
    {
        var text = scratch.Spell(utf8).ToString();
        var from = 0;
        for (var match = scratch.Search(this).Match(text); match.Success; match = match.NextMatch())
        {
            if (match.Length == 0 && match.Index == from && from > 0)
                continue;
            output.Append(text.AsSpan(from, match.Index - from));
            substitution.Write(match, output);
            from = match.Index + match.Length;
        }

        output.Append(text.AsSpan(from));
    }

    /// <inheritdoc/>
    public override string ToString() => Source;
}
