using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Envoy.Matching;
using Envoy.Net.Tls;

namespace Envoy.TransportSockets.Tls;

/// <summary>
/// Decides about a peer's certificate, in Envoy's order: its chain and time, revocation, names, hashes. Never asks the network. Thread-safe.
/// </summary>
internal sealed class CertificateValidator
{
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";

    private readonly CertificateValidationConfig _config;
    private readonly X509Certificate2Collection _trusted;

    // By all of its bytes: the framework compares issuer and serial number alone, which anybody can write into a certificate of his own.
    private readonly HashSet<string> _trustedHashes;
    private readonly List<RevocationList> _revocations;
    private readonly SubjectNameMatcher[] _names;

    private CertificateValidator(
        CertificateValidationConfig config, X509Certificate2Collection trusted, List<RevocationList> revocations, SubjectNameMatcher[] names)
    {
        _config = config;
        _trusted = trusted;
        _trustedHashes = [.. trusted.Select(Hash)];
        _revocations = revocations;
        _names = names;
    }

    /// <summary>A certificate must be shown for its names or hashes to be right.</summary>
    public bool NeedsCertificate => !_config.AcceptUntrusted && (_names.Length > 0 || HasHashes);

    public bool AcceptsUntrusted => _config.AcceptUntrusted;

    /// <summary>Whom a server says it trusts, so that clients can choose.</summary>
    public X509Certificate2Collection Trusted => _trusted;

    private bool HasHashes => _config.VerifyCertificateHash.Count > 0 || _config.VerifyCertificateSpki.Count > 0;

    private bool ChecksChain => _config.TrustedCa is not null || _config.SystemRootCerts;

    // Only where nobody is named, as in Envoy.
    private bool TrustsSystem => _config.SystemRootCerts && _config.TrustedCa is null;

    /// <summary>Reads what the checks need.</summary>
    /// <exception cref="TlsMaterialException">Something of it cannot be used.</exception>
    public static CertificateValidator Load(CertificateValidationConfig config)
    {
        var trusted = new X509Certificate2Collection();
        List<RevocationList> revocations = [];
        if (config.TrustedCa is { } ca)
        {
            var pem = Encoding.UTF8.GetString(ca.Load());
            try
            {
                trusted.ImportFromPem(pem);
            }
            catch (CryptographicException e)
            {
                throw new TlsMaterialException($"trusted_ca ({ca}) cannot be read: {e.Message}");
            }

            if (trusted.Count == 0)
                throw new TlsMaterialException($"trusted_ca ({ca}) holds no certificate in PEM");
            revocations.AddRange(RevocationList.Load(pem, ca.ToString()));
        }

        if (config.Crl is { } crl)
        {
            var lists = RevocationList.Load(Encoding.UTF8.GetString(crl.Load()), crl.ToString());
            if (lists.Count == 0)
                throw new TlsMaterialException($"crl ({crl}) holds no list in PEM");
            revocations.AddRange(lists);
        }

        foreach (var hash in config.VerifyCertificateHash)
        {
            if (Normal(hash) is not { Length: 64 } digits || !digits.All(char.IsAsciiHexDigit))
                throw new TlsMaterialException($"'{hash}' is no SHA-256 in hexadecimal");
        }

        var buffer = new byte[64];
        foreach (var spki in config.VerifyCertificateSpki)
        {
            if (!Convert.TryFromBase64String(spki, buffer, out var length) || length != 32)
                throw new TlsMaterialException($"'{spki}' is no SHA-256 in base64");
        }

        return new CertificateValidator(config, trusted, revocations, [.. Effective(config.SubjectNames).Select(SubjectNameMatcher.Compile)]);
    }

    // As in Envoy the old conditions, of no kind, do not count beside those that have one.
    private static IEnumerable<SubjectNameMatcherConfig> Effective(IEnumerable<SubjectNameMatcherConfig> names) =>
        names.Any(n => !n.IsOfAnyKind) ? names.Where(n => !n.IsOfAnyKind) : names;

    /// <summary>How the framework is to build chains: from what the peer sent and who is trusted, without the network.</summary>
    public X509ChainPolicy ChainPolicy(bool ofClients, DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            TrustMode = TrustsSystem ? X509ChainTrustMode.System : X509ChainTrustMode.CustomRootTrust,
            VerificationTime = now.LocalDateTime,
            VerificationTimeIgnored = false,
        };
        policy.ApplicationPolicy.Add(new Oid(ofClients ? ClientUse : ServerUse));
        if (!TrustsSystem)
            policy.CustomTrustStore.AddRange(_trusted);
        return policy;
    }

    /// <summary>Checks a certificate.</summary>
    /// <param name="certificate">The peer's.</param>
    /// <param name="chain">As built by <see cref="ChainPolicy"/>.</param>
    /// <param name="names">Names that it must have besides, or instead of, the configured ones.</param>
    /// <param name="now">The time.</param>
    /// <param name="scratch">The worker's.</param>
    /// <param name="error">What is wrong, in Envoy's words; empty if nothing is.</param>
    public CertificateVerdict Check(CertificateDetails certificate, X509Chain? chain, in RequiredNames names, DateTimeOffset now, MatchScratch scratch, out string error)
    {
        error = "";
        var verdict = CertificateVerdict.NotChecked;
        if (ChecksChain)
        {
            error = chain is null ? "X509_verify_cert: no chain" : CheckChain(chain, now);
            if (error.Length > 0)
                return CertificateVerdict.Chain;
            verdict = CertificateVerdict.Valid;
        }

        if (names.Any is { } any)
        {
            if (any.Length == 0 || (!IsForHost(certificate, any) && !certificate.Names.Ip.Contains(any) && !certificate.Names.Uri.Contains(any)))
            {
                error = "verify SAN list";
                return CertificateVerdict.Names;
            }

            verdict = CertificateVerdict.Valid;
        }

        if (names.Host is { } host)
        {
            if (host.Length == 0 || !IsForHost(certificate, host))
            {
                error = "SAN matcher";
                return CertificateVerdict.Names;
            }

            verdict = CertificateVerdict.Valid;
        }
        else if (_names.Length > 0)
        {
            if (!Array.Exists(_names, matcher => matcher.Matches(certificate.Names, scratch)))
            {
                error = "SAN matcher";
                return CertificateVerdict.Names;
            }

            verdict = CertificateVerdict.Valid;
        }

        if (!HasHashes)
            return verdict;
        if (_config.VerifyCertificateHash.Any(hash => Normal(hash) == certificate.Sha256) || _config.VerifyCertificateSpki.Contains(certificate.SpkiSha256))
            return CertificateVerdict.Valid;
        error = "cert hash and spki";
        return CertificateVerdict.Hash;
    }

    private static bool IsForHost(CertificateDetails certificate, string host) => certificate.Names.Dns.Any(name => SubjectNameMatcher.MatchesHost(host, name));

    private static string Hash(X509Certificate2 certificate) => Convert.ToHexString(SHA256.HashData(certificate.RawDataMemory.Span));

    private static string Normal(string hash) => hash.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant();

    private bool IsTrusted(X509Certificate2 certificate) => _trustedHashes.Contains(Hash(certificate));

    private string CheckChain(X509Chain chain, DateTimeOffset now)
    {
        var elements = chain.ChainElements;
        for (var depth = 0; depth < elements.Count; depth++)
        {
            foreach (var status in elements[depth].ChainElementStatus)
            {
                if (TextOf(status.Status, elements, depth, now) is { } text)
                    return Error(depth, text);
            }
        }

        if (elements.Count - 2 > _config.MaxVerifyDepth)
            return Error((int)_config.MaxVerifyDepth + 1, "certificate chain too long");
        return _revocations.Count == 0 ? "" : CheckRevocation(elements, now);
    }

    private static string Error(int depth, string text) => $"X509_verify_cert: certificate verification error at depth {depth}: {text}";

    private string? TextOf(X509ChainStatusFlags status, X509ChainElementCollection elements, int depth, DateTimeOffset now) => status switch
    {
        X509ChainStatusFlags.NoError => null,
        X509ChainStatusFlags.NotTimeValid or X509ChainStatusFlags.NotTimeNested when _config.AllowExpiredCertificate => null,
        X509ChainStatusFlags.NotTimeValid => elements[depth].Certificate.NotBefore > now.LocalDateTime ? "certificate is not yet valid" : "certificate has expired",
        // One of those in the middle may be the trusted one (X509_V_FLAG_PARTIAL_CHAIN).
        X509ChainStatusFlags.PartialChain when IsTrusted(elements[^1].Certificate) => null,
        X509ChainStatusFlags.PartialChain => "unable to get local issuer certificate",
        X509ChainStatusFlags.UntrustedRoot when depth == 0 && IsTrusted(elements[0].Certificate) => null,
        X509ChainStatusFlags.UntrustedRoot => depth == 0 ? "self-signed certificate" : "self-signed certificate in certificate chain",
        X509ChainStatusFlags.NotSignatureValid => "certificate signature failure",
        X509ChainStatusFlags.NotValidForUsage => "unsuitable certificate purpose",
        X509ChainStatusFlags.InvalidBasicConstraints => "invalid CA certificate",
        X509ChainStatusFlags.RevocationStatusUnknown or X509ChainStatusFlags.OfflineRevocation => null,
        _ => status.ToString(),
    };

    private string CheckRevocation(X509ChainElementCollection elements, DateTimeOffset now)
    {
        var count = _config.OnlyVerifyLeafCertCrl ? 1 : elements.Count;
        for (var depth = 0; depth < count; depth++)
        {
            var issuer = elements[Math.Min(depth + 1, elements.Count - 1)].Certificate;
            var lists = _revocations.FindAll(list => list.IsFrom(issuer) && list.IsSignedBy(issuer));
            // What is trusted itself, in the middle of a chain, is nobody's to revoke here.
            if (lists.Count == 0 && depth == elements.Count - 1 && depth > 0 && !issuer.SubjectName.RawData.AsSpan().SequenceEqual(issuer.IssuerName.RawData))
                continue;
            if (lists.Count == 0)
                return Error(depth, "unable to get certificate CRL");
            if (lists.Exists(list => list.Revokes(elements[depth].Certificate)))
                return Error(depth, "certificate revoked");
            if (lists.TrueForAll(list => list.HasExpired(now)))
                return Error(depth, "CRL has expired");
        }

        return "";
    }
}
