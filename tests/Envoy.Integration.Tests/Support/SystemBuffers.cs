using System.Globalization;

namespace Envoy.Integration.Tests.Support;

/// <summary>How much the system itself may hold of what is sent through a proxy, whose sockets grow their buffers as they see fit.</summary>
internal static class SystemBuffers
{
    private const long Elsewhere = 16 * 1024 * 1024;

    /// <summary>Bytes on the way from a sender to a reader with a proxy between them: two send and two receive buffers, and what the proxy may hold.</summary>
    public static long Most { get; } = (2 * (Largest("tcp_rmem") + Largest("tcp_wmem"))) + (8 * 1024 * 1024);

    // The third number is the most that a buffer grows to by itself; fixed ones are smaller.
    private static long Largest(string setting)
    {
        var path = "/proc/sys/net/ipv4/" + setting;
        return File.Exists(path) && long.TryParse(File.ReadAllText(path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[^1], CultureInfo.InvariantCulture, out var most) ? most : Elsewhere;
    }
}
