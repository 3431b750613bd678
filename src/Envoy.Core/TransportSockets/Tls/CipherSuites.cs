using System.Net.Security;
using System.Runtime.Versioning;
using Envoy.Extensions;
using Envoy.Net.Tls;

namespace Envoy.TransportSockets.Tls;

/// <summary>Lists of cipher suites as BoringSSL writes them, where <c>[A|B]</c> are alike to the server: here the first is preferred.</summary>
internal static class CipherSuites
{
    private static readonly TlsCipherSuite[] Tls13 =
        [TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256];

    /// <summary>The suites of one entry; null: one of them is not known.</summary>
    public static TlsCipherSuite[]? Find(string entry)
    {
        var names = entry.StartsWith('[') && entry.EndsWith(']') ? entry[1..^1].Split('|') : [entry];
        var suites = new TlsCipherSuite[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            if (TlsNames.FindSuite(names[i]) is not { } suite)
                return null;
            suites[i] = suite;
        }

        return suites;
    }

    /// <summary>What the framework takes; null: the system's own choice.</summary>
    public static CipherSuitesPolicy? Policy(ValueList<string> names)
    {
        if (names.Count == 0 || !OperatingSystem.IsLinux())
            return null;
        return LinuxPolicy(names);
    }

    // As in Envoy the list is about TLS 1.2; those of 1.3 are not up for choice.
    [SupportedOSPlatform("linux")]
    private static CipherSuitesPolicy LinuxPolicy(ValueList<string> names) => new([.. Tls13, .. names.SelectMany(name => Find(name) ?? []).Except(Tls13)]);
}
