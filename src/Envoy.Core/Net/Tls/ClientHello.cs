using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Envoy.Extensions;

namespace Envoy.Net.Tls;

/// <summary>What a TLS client has said of itself (RFC 8446 section 4.1.2). Immutable.</summary>
internal sealed class ClientHello
{
    /// <summary>The server name asked for, in lower case; null: none.</summary>
    public string? ServerName { get; init; }

    /// <summary>The protocols it speaks (ALPN), the preferred one first.</summary>
    public ValueList<string> ApplicationProtocols { get; init; } = [];

    /// <summary>The version field of the message itself.</summary>
    public ushort LegacyVersion { get; init; }

    /// <summary>The versions that it speaks, if it says so by the extension.</summary>
    public ushort[] SupportedVersions { get; init; } = [];

    public ushort[] CipherSuites { get; init; } = [];

    public ushort[] SupportedGroups { get; init; } = [];

    public ushort[] SignatureAlgorithms { get; init; } = [];

    public byte[] PointFormats { get; init; } = [];

    /// <summary>The extensions' numbers, in the client's order.</summary>
    public ushort[] Extensions { get; init; } = [];

    /// <summary>The highest version that it speaks.</summary>
    public ushort HighestVersion => Array.FindAll(SupportedVersions, v => !IsGrease(v)) is { Length: > 0 } versions ? versions.Max() : LegacyVersion;

    /// <summary>The JA3 fingerprint: MD5 of version, cipher suites, extensions, groups and point formats.</summary>
    public string Ja3()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{LegacyVersion},");
        Join(text, CipherSuites).Append(',');
        Join(text, Extensions).Append(',');
        Join(text, SupportedGroups).Append(',');
        text.AppendJoin('-', PointFormats);
#pragma warning disable CA5351 // The fingerprint is defined by MD5; nothing is protected by it.
        return Convert.ToHexStringLower(MD5.HashData(Encoding.ASCII.GetBytes(text.ToString())));
#pragma warning restore CA5351
    }

    /// <summary>The JA4 fingerprint: version, name, counts and ALPN in the open, then SHA-256 of sorted cipher suites and of extensions with signatures.</summary>
    public string Ja4()
    {
        const ushort ServerNameExtension = 0;
        const ushort AlpnExtension = 16;
        var suites = CipherSuites.Where(s => !IsGrease(s)).ToArray();
        var extensions = Extensions.Where(e => !IsGrease(e)).ToArray();
        var version = HighestVersion switch
        {
            0x0304 => "13",
            0x0303 => "12",
            0x0302 => "11",
            0x0301 => "10",
            0x0300 => "s3",
            0x0002 => "s2",
            _ => "00",
        };
        var alpn = ApplicationProtocols.Count > 0 ? Ends(ApplicationProtocols[0]) : "00";
        var open = string.Create(
            CultureInfo.InvariantCulture,
            $"t{version}{(ServerName is null ? 'i' : 'd')}{Math.Min(suites.Length, 99):00}{Math.Min(extensions.Length, 99):00}{alpn}");
        var sorted = string.Join(',', extensions.Where(e => e is not (ServerNameExtension or AlpnExtension)).Order().Select(Hex));
        if (SignatureAlgorithms.Length > 0)
            sorted += "_" + string.Join(',', SignatureAlgorithms.Where(s => !IsGrease(s)).Select(Hex));
        return $"{open}_{Hash(string.Join(',', suites.Order().Select(Hex)))}_{Hash(sorted)}";
    }

    /// <summary>Values that clients send so that nobody relies on knowing them all (RFC 8701).</summary>
    public static bool IsGrease(ushort value) => (value & 0x0F0F) == 0x0A0A && value >> 8 == (value & 0xFF);

    private static StringBuilder Join(StringBuilder text, ushort[] values) => text.AppendJoin('-', values.Where(v => !IsGrease(v)));

    private static string Hex(ushort value) => value.ToString("x4", CultureInfo.InvariantCulture);

    private static string Hash(string text) => text.Length == 0 ? "000000000000" : Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)))[..12];

    // First and last character; of the hexadecimal form where they are no letters or digits.
    private static string Ends(string protocol)
    {
        if (protocol.Length == 0)
            return "00";
        var (first, last) = (protocol[0], protocol[^1]);
        if (char.IsAsciiLetterOrDigit(first) && char.IsAsciiLetterOrDigit(last))
            return $"{first}{last}";
        return $"{((int)first).ToString("x2", CultureInfo.InvariantCulture)[0]}{((int)last).ToString("x2", CultureInfo.InvariantCulture)[1]}";
    }
}
