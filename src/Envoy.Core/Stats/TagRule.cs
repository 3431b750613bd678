namespace Envoy.Stats;

/// <summary>How one tag is found in a name. Immutable.</summary>
internal sealed class TagRule
{
    private readonly Func<string, TagMatch>? _match;
    private readonly string[] _words = [];

    /// <summary>A rule written as code.</summary>
    public TagRule(string tag, Func<string, TagMatch> match)
    {
        Tag = tag;
        _match = match;
    }

    /// <summary>A rule written as words: <c>$</c> is the tag, <c>*</c> one word, <c>**</c> any number of words, none too at the end.</summary>
    public TagRule(string tag, string words)
    {
        Tag = tag;
        _words = words.Split('.');
    }

    /// <summary>The tag's name.</summary>
    public string Tag { get; }

    /// <summary>Looks for the tag in a full name.</summary>
    public TagMatch Match(string name)
    {
        if (_match is not null)
            return _match(name);
        var start = -1;
        var length = 0;
        if (!MatchWords(name, 0, 0, ref start, ref length))
            return default;

        // The dot after the tag goes with it; of a last word, the dot before it.
        var end = start + length;
        return end < name.Length
            ? new TagMatch(start..end, start..(end + 1))
            : new TagMatch(start..end, Math.Max(0, start - 1)..end);
    }

    private bool MatchWords(string name, int at, int word, ref int start, ref int length)
    {
        // `at` is where the next word of the name begins; past the end of the name there is none.
        for (; word < _words.Length; word++)
        {
            var expected = _words[word];
            if (expected == "**")
            {
                if (word == _words.Length - 1)
                    return true;
                for (; at <= name.Length; at = EndOfWord(name, at) + 1)
                {
                    if (MatchWords(name, at, word + 1, ref start, ref length))
                        return true;
                }

                return false;
            }

            if (at > name.Length)
                return false;
            var end = EndOfWord(name, at);
            if (expected == "$")
            {
                start = at;
                length = end - at;
            }
            else if (expected != "*" && !name.AsSpan(at, end - at).SequenceEqual(expected))
            {
                return false;
            }

            at = end + 1;
        }

        return at > name.Length;
    }

    private static int EndOfWord(string name, int at)
    {
        var dot = name.IndexOf('.', at);
        return dot < 0 ? name.Length : dot;
    }
}
