using Envoy.Extensions;

namespace Envoy.TransportSockets.Tls;

/// <summary>Checks that certificates, keys, lists and names can be used before anything listens. Thread-safe.</summary>
internal static class TlsValidation
{
    /// <summary>A context with the secrets that it names, as far as there are any.</summary>
    public static CommonTlsConfig Resolve(CommonTlsConfig common, ConfigValidation validation) => validation.Secrets is SecretSet secrets ? secrets.Resolve(common) : common;

    /// <summary>A secret holds something that can be used.</summary>
    public static void Check(SecretConfig secret, ConfigValidation validation)
    {
        if (secret.TlsCertificate is { } certificate)
            Try(certificate, validation, () => CertificateMaterial.Load(certificate).Dispose());
        if (secret.Validation is { } checks)
            Try(checks, validation, () => CertificateValidator.Load(checks));
        if (secret.TlsCertificate is not null && secret.Validation is not null)
            validation.Error(secret, "validation_context", "has no place beside tls_certificate");
    }

    public static void Check(CommonTlsConfig common, ConfigValidation validation)
    {
        (validation.Secrets as SecretSet)?.Check(common, validation);
        var parameters = common.Parameters;
        if (parameters.MinimumVersion == TlsVersion.Tls13 && parameters.MaximumVersion == TlsVersion.Tls12)
            validation.Error(parameters, "tls_minimum_protocol_version", "is above tls_maximum_protocol_version");
        foreach (var name in parameters.CipherSuites)
        {
            if (CipherSuites.Find(name) is null)
                validation.Error(parameters, "cipher_suites", $"'{name}' is no cipher suite that is known here", NearestName.Hint(name, Net.Tls.TlsNames.SuiteNames));
        }

        if (parameters.CipherSuites.Count > 0 && !OperatingSystem.IsLinux())
            validation.Error(parameters, "cipher_suites", "this system chooses the cipher suites itself", "remove the field");
        foreach (var protocol in common.AlpnProtocols)
        {
            if (protocol.Length is 0 or > 255)
                validation.Error(common, "alpn_protocols", "a protocol's name has 1 to 255 bytes");
        }

        foreach (var certificate in common.Certificates)
            Try(certificate, validation, () => CertificateMaterial.Load(certificate).Dispose());
        var resolved = Resolve(common, validation);
        if (resolved.Validation is { } checks)
        {
            CheckTrust(common, checks, validation);
            Try(common.Validation ?? (object)common, validation, () => CertificateValidator.Load(checks));
        }
    }

    // Envoy's rules: what a stranger can write into a certificate proves nothing.
    private static void CheckTrust(CommonTlsConfig common, CertificateValidationConfig checks, ConfigValidation validation)
    {
        if (checks.TrustedCa is not null || checks.SystemRootCerts || (common.Validation is { } written && validation.IsRefused(written, "ca_certificate_provider_instance")))
            return;
        // What is not known may name one; that it is missing has been said.
        if (common.ValidationSecret is { } secret && (validation.Secrets as SecretSet)?.HasValidation(secret) != true)
            return;
        object subject = common.Validation ?? (object)common;
        if (checks.SubjectNames.Count > 0)
            validation.Error(subject, "", "SAN-based verification of peer certificates without trusted CA is insecure and not allowed", "add trusted_ca");
        if (checks.Crl is not null)
            validation.Error(subject, "", "a crl means nothing without a trusted CA", "add trusted_ca");
        if (checks.AllowExpiredCertificate)
            validation.Error(subject, "", "Certificate validity period is always ignored without trusted CA", "remove allow_expired_certificate");
    }

    private static void Try(object subject, ConfigValidation validation, Action load)
    {
        try
        {
            load();
        }
        catch (TlsMaterialException e)
        {
            validation.Error(subject, "", e.Message);
        }
    }
}
