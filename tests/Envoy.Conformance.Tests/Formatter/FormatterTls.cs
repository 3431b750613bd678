using System.Text.Json;
using Envoy.Extensions;
using Envoy.Net.Tls;

namespace Envoy.Conformance.Tests.Formatter;

/// <summary>A handshake as the cases describe it: by the methods of Envoy's mock.</summary>
internal static class FormatterTls
{
    public static TlsConnectionInfo? Read(JsonElement given)
    {
        if (given.ValueKind != JsonValueKind.Object)
            return null;
        var sha256 = List(given, "sha256PeerCertificateChainDigests");
        var sha1 = List(given, "sha1PeerCertificateChainDigests");
        var serials = List(given, "serialNumbersPeerCertificates");
        var above = Math.Max(sha256.Count, Math.Max(sha1.Count, serials.Count)) - 1;
        var peer = new CertificateDetails
        {
            Subject = Text(given, "subjectPeerCertificate"),
            Issuer = Text(given, "issuerPeerCertificate"),
            SerialNumber = Text(given, "serialNumberPeerCertificate") is { Length: > 0 } serial ? serial : At(serials, 0),
            Sha256 = Text(given, "sha256PeerCertificateDigest") is { Length: > 0 } digest ? digest : At(sha256, 0),
            Sha1 = Text(given, "sha1PeerCertificateDigest") is { Length: > 0 } old ? old : At(sha1, 0),
            UrlEncodedPem = Text(given, "urlEncodedPemEncodedPeerCertificate"),
            NotBefore = Time(given, "validFromPeerCertificate"),
            NotAfter = Time(given, "expirationPeerCertificate"),
            Names = Names(given, "PeerCertificate"),
        };
        return new TlsConnectionInfo
        {
            Version = Text(given, "tlsVersion"),
            CipherSuite = Text(given, "ciphersuiteString"),
            CipherSuiteId = 0,
            SessionId = Text(given, "sessionId"),
            Peer = peer,
            PeerChain = [.. Enumerable.Range(1, Math.Max(above, 0)).Select(i => new CertificateDetails { Sha256 = At(sha256, i), Sha1 = At(sha1, i), SerialNumber = At(serials, i) })],
            Local = new CertificateDetails { Subject = Text(given, "subjectLocalCertificate"), Names = Names(given, "LocalCertificate") },
        };
    }

    private static SubjectAlternativeNames Names(JsonElement given, string whose) => new()
    {
        Uri = List(given, "uriSan" + whose),
        Dns = List(given, "dnsSans" + whose),
        Ip = List(given, "ipSans" + whose),
        Email = List(given, "emailSans" + whose),
        Other = [.. List(given, "othernameSans" + whose).Select(value => new KeyValuePair<string, string>("", value))],
    };

    private static string At(ValueList<string> list, int index) => index < list.Count ? list[index] : "";

    private static string Text(JsonElement given, string name) =>
        given.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static ValueList<string> List(JsonElement given, string name) =>
        given.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(v => v.GetString()!)] : [];

    private static DateTimeOffset? Time(JsonElement given, string name)
    {
        if (!given.TryGetProperty(name, out var value))
            return null;
        return value.ValueKind == JsonValueKind.Number ? DateTimeOffset.FromUnixTimeSeconds(value.GetInt64())
            : value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var moment) ? moment : null;
    }
}
