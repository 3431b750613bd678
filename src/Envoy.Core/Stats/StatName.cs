namespace Envoy.Stats;

/// <summary>How names are written and ordered. Immutable.</summary>
internal static class StatName
{
    /// <summary>
    /// Makes part of a name of any text, as Envoy does: one dot at either end is dropped; <c>://</c>, <c>:/</c>, <c>:</c> and NUL become
    /// <c>_</c>. So <c>[::1]:80</c> is <c>[__1]_80</c>.
    /// </summary>
    public static string Sanitize(string text)
    {
        var from = 0;
        var to = text.Length;
        if (to > from && text[to - 1] == '.')
            to--;
        if (to > from && text[from] == '.')
            from++;
        var part = text.AsSpan(from, to - from);
        if (part.IndexOfAny(':', '\0') < 0)
            return part.Length == text.Length ? text : part.ToString();
        return part.ToString()
            .Replace("://", "_", StringComparison.Ordinal)
            .Replace(":/", "_", StringComparison.Ordinal)
            .Replace(':', '_')
            .Replace('\0', '_');
    }

    /// <summary>
    /// Compares part by part between the dots, a name before those it begins: the order of Envoy's Prometheus page, in which
    /// <c>a.b</c> comes before <c>a_b</c> and <c>a-b</c> does not come between <c>a</c> and <c>a.b</c>.
    /// </summary>
    public static int Compare(string x, string y)
    {
        var left = x.AsSpan();
        var right = y.AsSpan();
        while (true)
        {
            var leftEnd = left.IndexOf('.');
            var rightEnd = right.IndexOf('.');
            var order = (leftEnd < 0 ? left : left[..leftEnd]).SequenceCompareTo(rightEnd < 0 ? right : right[..rightEnd]);
            if (order != 0)
                return order;
            if (leftEnd < 0 || rightEnd < 0)
                return (leftEnd < 0 ? 0 : 1) - (rightEnd < 0 ? 0 : 1);
            left = left[(leftEnd + 1)..];
            right = right[(rightEnd + 1)..];
        }
    }
}
