using Envoy.Extensions;
using Envoy.Net.Tls;

namespace Envoy.Formatting;

/// <summary>The operators about TLS on both sides, by name: what each shows of a connection. Immutable.</summary>
internal static class TlsOperators
{
    /// <summary>Operators whose value is a text; empty: there is none.</summary>
    public static IEnumerable<(string Name, Func<FormatContext, string?> Read)> Texts()
    {
        foreach (var (side, info) in Sides())
        {
            yield return Of(side + "_TLS_CIPHER", info, static t => t.CipherSuite);
            yield return Of(side + "_TLS_VERSION", info, static t => t.Version);
            yield return Of(side + "_TLS_SESSION_ID", info, static t => t.SessionId);
            yield return Of(side + "_PEER_ISSUER", info, static t => t.Peer?.Issuer);
            yield return Of(side + "_PEER_SUBJECT", info, static t => t.Peer?.Subject);
            yield return Of(side + "_PEER_CERT", info, static t => t.Peer?.UrlEncodedPem);
            yield return Of(side + "_PEER_URI_SAN", info, static t => Join(t.Peer?.Names.Uri));
            yield return Of(side + "_PEER_DNS_SAN", info, static t => Join(t.Peer?.Names.Dns));
            yield return Of(side + "_PEER_IP_SAN", info, static t => Join(t.Peer?.Names.Ip));
            yield return Of(side + "_LOCAL_URI_SAN", info, static t => Join(t.Local?.Names.Uri));
            yield return Of(side + "_LOCAL_DNS_SAN", info, static t => Join(t.Local?.Names.Dns));
            yield return Of(side + "_LOCAL_IP_SAN", info, static t => Join(t.Local?.Names.Ip));
        }

        Func<FormatContext, TlsConnectionInfo?> client = static c => c.Info.DownstreamTls;
        yield return Of("DOWNSTREAM_PEER_EMAIL_SAN", client, static t => Join(t.Peer?.Names.Email));
        yield return Of("DOWNSTREAM_PEER_OTHERNAME_SAN", client, static t => JoinOther(t.Peer));
        yield return Of("DOWNSTREAM_LOCAL_EMAIL_SAN", client, static t => Join(t.Local?.Names.Email));
        yield return Of("DOWNSTREAM_LOCAL_OTHERNAME_SAN", client, static t => JoinOther(t.Local));
        yield return Of("DOWNSTREAM_LOCAL_SUBJECT", client, static t => t.Local?.Subject);
        yield return Of("DOWNSTREAM_PEER_FINGERPRINT_256", client, static t => t.Peer?.Sha256);
        yield return Of("DOWNSTREAM_PEER_FINGERPRINT_1", client, static t => t.Peer?.Sha1);
        yield return Of("DOWNSTREAM_PEER_SERIAL", client, static t => t.Peer?.SerialNumber);
        yield return Of("DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256", client, static t => JoinChain(t, static c => c.Sha256));
        yield return Of("DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1", client, static t => JoinChain(t, static c => c.Sha1));
        yield return Of("DOWNSTREAM_PEER_CHAIN_SERIALS", client, static t => JoinChain(t, static c => c.SerialNumber));
        yield return Of("DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256", client, static t => t.PeerChain.Count > 0 ? t.PeerChain[0].Sha256 : null);
        yield return Of("DOWNSTREAM_PEER_ISSUER_SERIAL", client, static t => t.PeerChain.Count > 0 ? t.PeerChain[0].SerialNumber : null);
    }

    /// <summary>Operators whose value is a time.</summary>
    public static IEnumerable<(string Name, Func<FormatContext, DateTimeOffset?> Read)> Times()
    {
        foreach (var (side, info) in Sides())
        {
            yield return (side + "_PEER_CERT_V_START", c => info(c)?.Peer?.NotBefore);
            yield return (side + "_PEER_CERT_V_END", c => info(c)?.Peer?.NotAfter);
        }
    }

    private static IEnumerable<(string Side, Func<FormatContext, TlsConnectionInfo?> Info)> Sides()
    {
        yield return ("UPSTREAM", static c => c.Info.UpstreamTls);
        yield return ("DOWNSTREAM", static c => c.Info.DownstreamTls);
    }

    private static (string, Func<FormatContext, string?>) Of(string name, Func<FormatContext, TlsConnectionInfo?> info, Func<TlsConnectionInfo, string?> read) =>
        (name, context => info(context) is { } tls && read(tls) is { Length: > 0 } text ? text : null);

    private static string? Join(ValueList<string>? names) => names is null ? null : string.Join(',', names);

    private static string? JoinOther(CertificateDetails? certificate) => certificate is null ? null : string.Join(',', certificate.Names.Other.Select(o => o.Value));

    // The peer's own comes first.
    private static string? JoinChain(TlsConnectionInfo tls, Func<CertificateDetails, string> read) =>
        tls.Peer is null ? null : string.Join(',', tls.PeerChain.Prepend(tls.Peer).Select(read));
}
