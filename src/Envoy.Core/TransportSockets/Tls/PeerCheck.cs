using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Envoy.Extensions;
using Envoy.Matching;
using Envoy.Net.Tls;

namespace Envoy.TransportSockets.Tls;

/// <summary>The check of one peer's certificate within its handshake, and what came of it. Worker-owned.</summary>
internal sealed class PeerCheck(CertificateValidator? validator, TimeProvider time, MatchScratch scratch)
{
    /// <summary>A peer without a certificate is refused.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Names that the certificate must have besides the configured ones, or instead of them.</summary>
    public RequiredNames RequiredNames { get; init; }

    /// <summary>The peer's certificate; null: it has shown none.</summary>
    public CertificateDetails? Peer { get; private set; }

    public ValueList<CertificateDetails> Chain { get; private set; } = [];

    public CertificateVerdict Verdict { get; private set; } = CertificateVerdict.NotChecked;

    public bool IsRefused { get; private set; }

    /// <summary>Why it was refused, in Envoy's words.</summary>
    public string Failure { get; private set; } = "";

    /// <summary>The peer, or the network, ended the connection: nobody's fault of TLS.</summary>
    public static bool IsEnd(Exception error) => error is IOException { InnerException: null };

    public X509ChainPolicy ChainPolicy(bool ofClients) => validator is not null
        ? validator.ChainPolicy(ofClients, time.GetUtcNow())
        : new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true, TrustMode = X509ChainTrustMode.CustomRootTrust };

    /// <summary>The framework asks.</summary>
    public bool Check(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 peer)
        {
            Failure = TlsFailure.NoCertificate;
            IsRefused = IsRequired;
            return !IsRequired;
        }

        // The framework's own goes with its stream.
        Peer = new CertificateDetails(X509CertificateLoader.LoadCertificate(peer.RawDataMemory.Span));
        if (chain is not null)
            Chain = [.. chain.ChainPolicy.ExtraStore.Select(c => new CertificateDetails(X509CertificateLoader.LoadCertificate(c.RawDataMemory.Span)))];
        if (validator is null)
            return true;
        Verdict = validator.Check(Peer, chain, RequiredNames, time.GetUtcNow(), scratch, out var error);
        if (error.Length == 0 || validator.AcceptsUntrusted)
            return true;
        Failure = TlsFailure.VerifyFailed(error);
        IsRefused = true;
        return false;
    }
}
