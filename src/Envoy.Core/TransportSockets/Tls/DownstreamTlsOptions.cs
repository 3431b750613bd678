using Envoy.Extensions;

namespace Envoy.TransportSockets.Tls;

/// <summary>TLS towards clients (<c>tls.v3.DownstreamTlsContext</c>). Immutable.</summary>
public sealed record DownstreamTlsOptions : DownstreamTransportSocketOptions
{
    /// <summary>Certificates, versions, checks.</summary>
    public CommonTlsConfig Common { get; init; } = new();

    /// <summary>A client without a certificate is refused; without <see cref="CommonTlsConfig.Validation"/> none is asked for one, as in Envoy. Default false.</summary>
    public bool RequireClientCertificate { get; init; }

    /// <summary>A client that asks for no server name is refused. Default false.</summary>
    public bool RequireSni { get; init; }

    /// <summary>A name that no certificate has still gets one of the kind of key that the client prefers, not the first. Default false.</summary>
    public bool FullScanCertsOnSniMismatch { get; init; }

    /// <summary>Sessions are not resumed. Default false.</summary>
    public bool DisableSessionResumption { get; init; }

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (Common.Certificates.Count == 0 && Common.CertificateSecrets.Count == 0 && !validation.IsRefused(this, "common_tls_context"))
            validation.Error(this, "common_tls_context", "a server needs a certificate", "add tls_certificates");
        TlsValidation.Check(Common, validation);
    }

    internal override IDownstreamTransportSocketSnapshot Compile(TransportSocketContext context) =>
        new DownstreamTlsSnapshot(this with { Common = context.Secrets.Resolve(Common) }, context);
}
