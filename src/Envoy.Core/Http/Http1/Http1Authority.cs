using System.Buffers;

namespace Envoy.Http.Http1;

/// <summary>The syntax of a host with an optional port (RFC 9110 section 7.2, RFC 3986 section 3.2). Immutable.</summary>
internal static class Http1Authority
{
    // unreserved, sub-delims, and the percent sign that is looked at apart.
    private static readonly SearchValues<byte> RegNameBytes = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=%"u8);

    private static readonly SearchValues<byte> LiteralBytes = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    /// <summary>Whether <paramref name="authority"/> is <c>host [":" port]</c>; user information is refused (RFC 9110 section 4.2.4).</summary>
    public static bool IsValid(ReadOnlySpan<byte> authority)
    {
        ReadOnlySpan<byte> port;
        if (authority.Length > 0 && authority[0] == (byte)'[')
        {
            var close = authority.IndexOf((byte)']');
            if (close < 3 || authority[1..close].ContainsAnyExcept(LiteralBytes))
                return false;
            port = authority[(close + 1)..];
        }
        else
        {
            var bad = authority.IndexOfAnyExcept(RegNameBytes);
            var host = bad < 0 ? authority : authority[..bad];
            port = bad < 0 ? default : authority[bad..];
            if (host.Contains((byte)'%') && !HasWholeEscapes(host))
                return false;
            // An http URI without a host is invalid (RFC 9110 section 4.2.1).
            if (host.IsEmpty)
                return false;
        }

        return port.IsEmpty || (port[0] == (byte)':' && IsPort(port[1..]));
    }

    // port = *DIGIT, and none above 65535 exists.
    private static bool IsPort(ReadOnlySpan<byte> digits)
    {
        var value = 0;
        foreach (var b in digits)
        {
            var digit = (uint)(b - '0');
            if (digit > 9)
                return false;
            value = (value * 10) + (int)digit;
            if (value > ushort.MaxValue)
                return false;
        }

        return true;
    }

    private static bool HasWholeEscapes(ReadOnlySpan<byte> host)
    {
        for (var i = 0; i < host.Length; i++)
        {
            if (host[i] != (byte)'%')
                continue;
            if (i + 2 >= host.Length || !char.IsAsciiHexDigit((char)host[i + 1]) || !char.IsAsciiHexDigit((char)host[i + 2]))
                return false;
        }

        return true;
    }
}
