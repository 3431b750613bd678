namespace Envoy.Extensions;

/// <summary>Finds the known name that a mistyped one was meant to be.</summary>
internal static class NearestName
{
    /// <summary>Longer names are not compared: nobody mistypes them, and the work grows with the square.</summary>
    private const int LongestCompared = 128;

    /// <summary>The nearest of <paramref name="known"/>, or null when none is near. The first wins among equals; case does not count.</summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        if (name.Length is 0 or > LongestCompared)
            return null;
        string? nearest = null;
        var limit = name.Length <= 3 ? 1 : name.Length <= 7 ? 2 : 3;
        foreach (var candidate in known)
        {
            if (candidate.Length == 0 || Math.Abs(candidate.Length - name.Length) > limit)
                continue;
            var distance = Distance(name, candidate);
            if (distance > limit)
                continue;
            nearest = candidate;
            limit = distance - 1;
            if (limit < 0)
                break;
        }

        return nearest;
    }

    /// <summary>"did you mean 'x'?", or an empty text.</summary>
    public static string Hint(string name, IEnumerable<string> known) => Find(name, known) is { } found ? $"did you mean '{found}'?" : "";

    /// <summary>Optimal string alignment (Damerau-Levenshtein with no edit inside a transposition), ignoring case.</summary>
    internal static int Distance(string a, string b)
    {
        var width = b.Length + 1;
        Span<int> rows = stackalloc int[3 * (LongestCompared + LongestCompared)];
        if (width > rows.Length / 3)
            return Math.Max(a.Length, b.Length);
        var before = rows[..width];
        var previous = rows.Slice(width, width);
        var current = rows.Slice(2 * width, width);
        for (var j = 0; j < width; j++)
            previous[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            var x = char.ToLowerInvariant(a[i - 1]);
            for (var j = 1; j < width; j++)
            {
                var y = char.ToLowerInvariant(b[j - 1]);
                var cost = x == y ? 0 : 1;
                var best = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + cost);
                if (i > 1 && j > 1 && x == char.ToLowerInvariant(b[j - 2]) && char.ToLowerInvariant(a[i - 2]) == y)
                    best = Math.Min(best, before[j - 2] + 1);
                current[j] = best;
            }

            var freed = before;
            before = previous;
            previous = current;
            current = freed;
        }

        return previous[width - 1];
    }
}
