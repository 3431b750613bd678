using System.Buffers.Text;
using System.Net;
using Envoy.Http.Headers;
using Envoy.Net;

namespace Envoy.ConnectionManager.Streams;

/// <summary>Takes off a request's authority what routes do not look at: a dot at the host's end and the port.</summary>
internal static class HostNormalization
{
    /// <summary>Changes the authority; returns the port that was taken off, which only a tunnel's upstream has to be told again; else 0.</summary>
    public static int Apply(HeaderMap headers, HttpConnectionManagerOptions options, Connection? connection, bool keepsPort)
    {
        if (!options.StripTrailingHostDot && !options.StripAnyHostPort && !options.StripMatchingHostPort)
            return 0;
        if (!headers.TryGet(HeaderId.Authority, out var authority))
            return 0;
        var portAt = PortStart(authority);
        var host = authority[..portAt];
        var port = authority[portAt..];
        if (options.StripTrailingHostDot && host.Length > 1 && host[^1] == (byte)'.')
            host = host[..^1];
        var stripped = 0;
        if (!port.IsEmpty && (options.StripAnyHostPort || (options.StripMatchingHostPort && Matches(port[1..], connection))))
        {
            if (keepsPort && Utf8Parser.TryParse(port[1..], out int number, out var read) && read == port.Length - 1)
                stripped = number;
            port = default;
        }

        if (host.Length + port.Length == authority.Length)
            return 0;
        Span<byte> value = stackalloc byte[256];
        if (authority.Length > value.Length)
            value = new byte[authority.Length];
        host.CopyTo(value);
        port.CopyTo(value[host.Length..]);
        headers.SetUnchecked(HeaderId.Authority, value[..(host.Length + port.Length)]);
        return stripped;
    }

    /// <summary>Where the colon of the port stands; the end where there is none. An IPv6 literal's colons are inside its brackets.</summary>
    private static int PortStart(ReadOnlySpan<byte> authority)
    {
        var colon = authority.LastIndexOf((byte)':');
        return colon < 0 || authority[colon..].Contains((byte)']') ? authority.Length : colon;
    }

    private static bool Matches(ReadOnlySpan<byte> port, Connection? connection) =>
        connection?.LocalAddress is IPEndPoint local && Utf8Parser.TryParse(port, out int number, out var read) && read == port.Length && number == local.Port;
}
