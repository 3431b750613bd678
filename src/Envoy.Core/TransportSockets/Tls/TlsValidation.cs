using Envoy.Extensions;

namespace Envoy.TransportSockets.Tls;

/// <summary>Checks that certificates, keys, lists and names can be used before anything listens. Thread-safe.</summary>
internal static class TlsValidation
{
    public static void Check(CommonTlsConfig common, ConfigValidation validation)
    {
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
        if (common.Validation is { } checks)
            Try(checks, validation, () => CertificateValidator.Load(checks));
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
