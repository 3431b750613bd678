using Envoy.Extensions;

namespace Envoy.TransportSockets.Tls;

/// <summary>TLS towards upstreams (<c>tls.v3.UpstreamTlsContext</c>). Immutable.</summary>
public sealed record UpstreamTlsOptions : UpstreamTransportSocketOptions
{
    /// <summary>Certificate, versions, checks.</summary>
    public CommonTlsConfig Common { get; init; } = new();

    /// <summary>The server name to ask for; empty (default): none.</summary>
    public string Sni { get; init; } = "";

    /// <summary>The endpoint's host name is asked for where it has one, instead of <see cref="Sni"/>. Default false.</summary>
    public bool AutoHostSni { get; init; }

    /// <summary>The certificate must be for the name asked for; needs a trusted CA. Default false.</summary>
    public bool AutoSniSanValidation { get; init; }

    /// <summary>How many sessions are kept to be resumed; 0: none. Default 1; more than that counts as 1 for each server name.</summary>
    public uint MaxSessionKeys { get; init; } = 1;

    internal override bool SupportsAlpn => true;

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (Common.Certificates.Count + Common.CertificateSecrets.Count > 1)
            validation.Error(this, "common_tls_context", "a client has one certificate at most");
        if (AutoSniSanValidation && TlsValidation.Resolve(Common, validation).Validation is not ({ TrustedCa: not null } or { SystemRootCerts: true }))
            validation.Error(this, "auto_sni_san_validation", "needs a trusted CA", "add common_tls_context.validation_context.trusted_ca");
        if (Sni.Length > 255)
            validation.Error(this, "sni", "must be at most 255 bytes");
        TlsValidation.Check(Common, validation);
    }

    internal override IUpstreamTransportSocketSnapshot Compile(TransportSocketContext context) =>
        new UpstreamTlsSnapshot(this with { Common = context.Secrets.Resolve(Common) }, context);
}
