using System.Buffers;

namespace Envoy.Filters.Listener.HttpInspector;

/// <summary>Reads the first bytes of a connection as far as an HTTP version needs. Thread-safe.</summary>
internal static class RequestLine
{
    // RFC 9110 section 5.6.2.
    private static readonly SearchValues<byte> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static ReadOnlySpan<byte> Http2Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>What they are.</summary>
    /// <param name="received">All bytes so far.</param>
    /// <param name="protocol">As filter chains name it: <c>http/1.0</c>, <c>http/1.1</c> or <c>h2c</c>.</param>
    /// <returns>Null: not to be said yet. False: no HTTP.</returns>
    public static bool? TryReadProtocol(ReadOnlySpan<byte> received, out string protocol)
    {
        protocol = "";
        if (received.IsEmpty)
            return null;
        var common = Math.Min(received.Length, Http2Preface.Length);
        if (received[..common].SequenceEqual(Http2Preface[..common]))
        {
            protocol = "h2c";
            return common == Http2Preface.Length ? true : null;
        }

        var end = received.IndexOf((byte)'\n');
        var line = end < 0 ? received : received[..end];
        var space = line.IndexOf((byte)' ');

        // What is no token is no method, and what cannot become a request line is not waited for.
        // The whole of it is looked at each time, so a client that sends byte by byte must not find that dear.
        if ((space < 0 ? line : line[..space]).ContainsAnyExcept(Token))
            return false;
        if (space == 0 || line.ContainsAnyInRange((byte)0x00, (byte)0x08) || line.IndexOf((byte)0x7f) >= 0)
            return false;
        return end < 0 ? null : TryReadLine(line, space, out protocol);
    }

    private static bool TryReadLine(ReadOnlySpan<byte> line, int space, out string protocol)
    {
        protocol = "";
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        var last = line.LastIndexOf((byte)' ');
        if (space < 0 || last <= space + 1)
            return false;
        var version = line[(last + 1)..];
        if (version is not [(byte)'H', (byte)'T', (byte)'T', (byte)'P', (byte)'/', >= (byte)'0' and <= (byte)'9', (byte)'.', >= (byte)'0' and <= (byte)'9'])
            return false;
        protocol = version is [.., (byte)'1', (byte)'.', (byte)'1'] ? "http/1.1" : "http/1.0";
        return true;
    }
}
