using Envoy.Extensions;

namespace Envoy.TransportSockets.Tls;

/// <summary>The secrets of a proxy by name, and what TLS contexts become with them. Immutable.</summary>
internal sealed class SecretSet
{
    private readonly Dictionary<string, SecretConfig> _byName = new(StringComparer.Ordinal);

    public SecretSet(IEnumerable<SecretConfig> secrets)
    {
        // Of two with one name, which is an error, the first counts.
        foreach (var secret in secrets)
            _byName.TryAdd(secret.Name, secret);
    }

    /// <summary>The context with what it names in the place of the names. Only of what was found right.</summary>
    public CommonTlsConfig Resolve(CommonTlsConfig common)
    {
        if (common.CertificateSecrets.Count == 0 && common.ValidationSecret is null)
            return common;
        return common with
        {
            Certificates = [.. common.Certificates, .. common.CertificateSecrets.Select(s => Certificate(s.Name)).OfType<TlsCertificateConfig>()],
            CertificateSecrets = [],
            Validation = common.ValidationSecret is { } checks ? Merge(common.Validation, Validation(checks.Name)) : common.Validation,
            ValidationSecret = null,
        };
    }

    /// <summary>It holds the way to check that is named.</summary>
    public bool HasValidation(SecretReferenceConfig reference) => Validation(reference.Name) is not null;

    /// <summary>Reports names that nothing has.</summary>
    public void Check(CommonTlsConfig common, ConfigValidation validation)
    {
        foreach (var secret in common.CertificateSecrets)
        {
            if (Certificate(secret.Name) is null)
                Missing(secret, "certificate", s => s.TlsCertificate is not null);
        }

        if (common.ValidationSecret is { } checks && Validation(checks.Name) is null)
            Missing(checks, "validation context", s => s.Validation is not null);

        void Missing(SecretReferenceConfig reference, string kind, Func<SecretConfig, bool> fits)
        {
            // One that comes from elsewhere was refused for that.
            if (validation.IsRefused(reference, "sds_config"))
                return;
            validation.Error(
                reference,
                "name",
                $"no secret '{reference.Name}' holds a {kind}",
                NearestName.Hint(reference.Name, [.. _byName.Values.Where(fits).Select(s => s.Name)]));
        }
    }

    private TlsCertificateConfig? Certificate(string name) => _byName.GetValueOrDefault(name)?.TlsCertificate;

    private CertificateValidationConfig? Validation(string name) => _byName.GetValueOrDefault(name)?.Validation;

    // As protobuf merges messages, the secret over the default: what is set there counts, lists are joined.
    private static CertificateValidationConfig? Merge(CertificateValidationConfig? fallback, CertificateValidationConfig? secret)
    {
        if (fallback is null || secret is null)
            return secret ?? fallback;
        return fallback with
        {
            TrustedCa = secret.TrustedCa ?? fallback.TrustedCa,
            SystemRootCerts = secret.SystemRootCerts || fallback.SystemRootCerts,
            VerifyCertificateSpki = [.. fallback.VerifyCertificateSpki, .. secret.VerifyCertificateSpki],
            VerifyCertificateHash = [.. fallback.VerifyCertificateHash, .. secret.VerifyCertificateHash],
            SubjectNames = [.. fallback.SubjectNames, .. secret.SubjectNames],
            Crl = secret.Crl ?? fallback.Crl,
            OnlyVerifyLeafCertCrl = secret.OnlyVerifyLeafCertCrl || fallback.OnlyVerifyLeafCertCrl,
            AllowExpiredCertificate = secret.AllowExpiredCertificate || fallback.AllowExpiredCertificate,
            AcceptUntrusted = secret.AcceptUntrusted || fallback.AcceptUntrusted,
            MaxVerifyDepth = secret.MaxVerifyDepth == CertificateValidationConfig.DeepestVerifyDepth ? fallback.MaxVerifyDepth : secret.MaxVerifyDepth,
        };
    }
}
