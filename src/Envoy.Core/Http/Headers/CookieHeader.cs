namespace Envoy.Http.Headers;

/// <summary>Looks into a request's cookies (RFC 6265 section 4.2) without a copy.</summary>
internal static class CookieHeader
{
    /// <summary>The value of the first cookie of this name, without quotes around it; false when there is none.</summary>
    public static bool TryGet(HeaderMap headers, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!headers.Contains(HeaderId.Cookie))
            return false;
        foreach (var field in headers)
        {
            if (field.Id == HeaderId.Cookie && TryFind(field.Value, name, out value))
                return true;
        }

        return false;
    }

    private static bool TryFind(ReadOnlySpan<byte> cookies, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        while (!cookies.IsEmpty)
        {
            var end = cookies.IndexOf((byte)';');
            var pair = (end < 0 ? cookies : cookies[..end]).Trim((byte)' ');
            cookies = end < 0 ? default : cookies[(end + 1)..];
            var equals = pair.IndexOf((byte)'=');
            if (equals < 0 || !pair[..equals].SequenceEqual(name))
                continue;
            value = pair[(equals + 1)..];
            if (value.Length >= 2 && value[0] == (byte)'"' && value[^1] == (byte)'"')
                value = value[1..^1];
            return true;
        }

        value = default;
        return false;
    }
}
