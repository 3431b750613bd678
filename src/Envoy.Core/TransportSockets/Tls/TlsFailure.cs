using System.Globalization;

namespace Envoy.TransportSockets.Tls;

/// <summary>Why handshakes fail, in the words of Envoy's access logs, which are BoringSSL's.</summary>
internal static class TlsFailure
{
    // BoringSSL's library number of SSL, and where the numbers of alerts begin.
    private const int SslLibrary = 16 << 24;
    private const int Alerts = 1000;

    private static readonly (string Words, int Reason, string Name)[] Reasons =
    [
        ("wrong version number", 247, "WRONG_VERSION_NUMBER"),
        ("Cannot determine the frame size", 247, "WRONG_VERSION_NUMBER"),
        ("unsupported protocol", 240, "UNSUPPORTED_PROTOCOL"),
        ("no shared cipher", 184, "NO_SHARED_CIPHER"),
        ("no suitable signature algorithm", 253, "NO_COMMON_SIGNATURE_ALGORITHMS"),
        ("http request", 155, "HTTP_REQUEST"),
        ("alert handshake failure", Alerts + 40, "SSLV3_ALERT_HANDSHAKE_FAILURE"),
        ("alert no certificate", Alerts + 41, "SSLV3_ALERT_NO_CERTIFICATE"),
        ("alert bad certificate", Alerts + 42, "SSLV3_ALERT_BAD_CERTIFICATE"),
        ("alert unsupported certificate", Alerts + 43, "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE"),
        ("alert certificate revoked", Alerts + 44, "SSLV3_ALERT_CERTIFICATE_REVOKED"),
        ("alert certificate expired", Alerts + 45, "SSLV3_ALERT_CERTIFICATE_EXPIRED"),
        ("alert certificate unknown", Alerts + 46, "SSLV3_ALERT_CERTIFICATE_UNKNOWN"),
        ("alert illegal parameter", Alerts + 47, "SSLV3_ALERT_ILLEGAL_PARAMETER"),
        ("alert unknown ca", Alerts + 48, "TLSV1_ALERT_UNKNOWN_CA"),
        ("alert access denied", Alerts + 49, "TLSV1_ALERT_ACCESS_DENIED"),
        ("alert decode error", Alerts + 50, "TLSV1_ALERT_DECODE_ERROR"),
        ("alert decrypt error", Alerts + 51, "TLSV1_ALERT_DECRYPT_ERROR"),
        ("alert protocol version", Alerts + 70, "TLSV1_ALERT_PROTOCOL_VERSION"),
        ("alert insufficient security", Alerts + 71, "TLSV1_ALERT_INSUFFICIENT_SECURITY"),
        ("alert internal error", Alerts + 80, "TLSV1_ALERT_INTERNAL_ERROR"),
        ("alert unrecognized name", Alerts + 112, "TLSV1_UNRECOGNIZED_NAME"),
        ("alert certificate required", Alerts + 116, "TLSV1_ALERT_CERTIFICATE_REQUIRED"),
        ("alert no application protocol", Alerts + 120, "TLSV1_ALERT_NO_APPLICATION_PROTOCOL"),
        ("alert unexpected message", Alerts + 10, "SSLV3_ALERT_UNEXPECTED_MESSAGE"),
        ("alert bad record mac", Alerts + 20, "SSLV3_ALERT_BAD_RECORD_MAC"),
    ];

    public static string NoCertificate => Format(192, "PEER_DID_NOT_RETURN_A_CERTIFICATE", "peer did not provide required client certificate");

    public static string VerifyFailed(string why) => Format(125, "CERTIFICATE_VERIFY_FAILED", "verify cert failed: " + why);

    /// <summary>What the system's library said, in BoringSSL's words where it is known what they would be.</summary>
    public static string Of(Exception error)
    {
        // The innermost has the library's own words.
        var last = error;
        while (last.InnerException is { } next)
            last = next;
        return Of(last.Message.ReplaceLineEndings(" ").TrimEnd('.'));
    }

    /// <inheritdoc cref="Of(Exception)"/>
    public static string Of(string words)
    {
        foreach (var reason in Reasons)
        {
            if (words.Contains(reason.Words, StringComparison.OrdinalIgnoreCase))
                return Format(reason.Reason, reason.Name, "");
        }

        return $"TLS_error:|{words}:TLS_error_end";
    }

    private static string Format(int reason, string name, string more) => string.Create(
        CultureInfo.InvariantCulture, $"TLS_error:|{SslLibrary + reason}:SSL routines:OPENSSL_internal:{name}{(more.Length > 0 ? ":" + more : "")}:TLS_error_end");
}
