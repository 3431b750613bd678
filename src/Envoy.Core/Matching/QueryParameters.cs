namespace Envoy.Matching;

/// <summary>Looks into the query of a path, without decoding it and without a copy.</summary>
internal static class QueryParameters
{
    /// <summary>The first value of a parameter; false when it is not there. One without <c>=</c> has an empty value.</summary>
    /// <param name="path">The path with its query.</param>
    /// <param name="name">The parameter.</param>
    /// <param name="value">Its value.</param>
    public static bool TryGetFirst(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        var mark = path.IndexOf((byte)'?');
        if (mark < 0)
            return false;
        var rest = path[(mark + 1)..];
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)'&');
            var parameter = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            var equals = parameter.IndexOf((byte)'=');
            if (!(equals < 0 ? parameter : parameter[..equals]).SequenceEqual(name))
                continue;
            value = equals < 0 ? default : parameter[(equals + 1)..];
            return true;
        }

        return false;
    }
}
