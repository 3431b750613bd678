using System.Net.Security;
using System.Security.Authentication;

namespace Envoy.Net.Tls;

/// <summary>OpenSSL's names, which Envoy's statistics, logs and settings use, of what the framework and IANA call otherwise.</summary>
internal static class TlsNames
{
    private static readonly (TlsCipherSuite Suite, string Name)[] Suites =
    [
        (TlsCipherSuite.TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256"),
        (TlsCipherSuite.TLS_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384"),
        (TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256"),
        (TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECDHE-ECDSA-AES128-GCM-SHA256"),
        (TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-ECDSA-CHACHA20-POLY1305"),
        (TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "ECDHE-RSA-AES128-GCM-SHA256"),
        (TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-RSA-CHACHA20-POLY1305"),
        (TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "ECDHE-RSA-AES256-GCM-SHA384"),
        (TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, "ECDHE-ECDSA-AES128-SHA"),
        (TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, "ECDHE-RSA-AES128-SHA"),
        (TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, "ECDHE-ECDSA-AES256-SHA"),
        (TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, "ECDHE-RSA-AES256-SHA"),
        (TlsCipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256, "AES128-GCM-SHA256"),
        (TlsCipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384, "AES256-GCM-SHA384"),
        (TlsCipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA, "AES128-SHA"),
        (TlsCipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA, "AES256-SHA"),
        (TlsCipherSuite.TLS_RSA_WITH_3DES_EDE_CBC_SHA, "DES-CBC3-SHA"),
    ];

    /// <summary>A suite's name; IANA's where OpenSSL's is not known here.</summary>
    public static string Of(TlsCipherSuite suite)
    {
        foreach (var known in Suites)
        {
            if (known.Suite == suite)
                return known.Name;
        }

        return suite.ToString();
    }

    /// <summary>The suite that OpenSSL, or IANA, calls <paramref name="name"/>; null: none.</summary>
    public static TlsCipherSuite? FindSuite(string name)
    {
        foreach (var known in Suites)
        {
            if (known.Name == name)
                return known.Suite;
        }

        return Enum.TryParse<TlsCipherSuite>(name, out var suite) && name.StartsWith("TLS_", StringComparison.Ordinal) ? suite : null;
    }

    /// <summary>All names of suites, for hints.</summary>
    public static IEnumerable<string> SuiteNames => Suites.Select(s => s.Name);

    public static string Of(SslProtocols version) => version switch
    {
        SslProtocols.Tls13 => "TLSv1.3",
        SslProtocols.Tls12 => "TLSv1.2",
        _ => version.ToString(),
    };

    /// <summary>The name of a group by its IANA number; empty if it is not known.</summary>
    public static string OfGroup(ushort group) => group switch
    {
        23 => "P-256",
        24 => "P-384",
        25 => "P-521",
        29 => "X25519",
        30 => "X448",
        0x11EC => "X25519MLKEM768",
        0x6399 => "X25519Kyber768Draft00",
        _ => "",
    };
}
