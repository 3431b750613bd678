using System.Net.Security;
using System.Security.Authentication;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Stats;

namespace Envoy.TransportSockets.Tls;

/// <summary>A filter chain's TLS, compiled; certificates are exchanged when their files change. Thread-safe.</summary>
internal sealed class DownstreamTlsSnapshot : IDownstreamTransportSocketSnapshot, ITlsReloadable
{
    private readonly TransportSocketContext _context;
    private readonly ReloadableFiles _files;
    private volatile ServerTlsState _state;

    /// <exception cref="TlsMaterialException">A certificate or key cannot be used; it could when the options were validated.</exception>
    public DownstreamTlsSnapshot(DownstreamTlsOptions options, TransportSocketContext context)
    {
        Options = options;
        _context = context;
        _files = new ReloadableFiles(options.Common);
        _state = ServerTlsState.Load(options);
        if (_files.Any)
            context.Reloads.Add(this);
    }

    public DownstreamTlsOptions Options { get; }

    /// <summary>What new handshakes use.</summary>
    public ServerTlsState State => _state;

    public TimeProvider TimeProvider => _context.TimeProvider;

    public IDownstreamTransportSocket CreateFor(Worker worker, StatsScope stats) => new DownstreamTls(this, worker, new TlsStats(stats, worker.Index));

    public void ReloadIfChanged()
    {
        if (!_files.HaveChanged(out var isNew))
            return;
        try
        {
            // The old ones are left to handshakes that have begun, and to the garbage collector.
            _state = ServerTlsState.Load(Options);
            _files.OnLoaded();
            TlsLog.Reloaded(_context.Logger, _context.Name);
        }
        catch (TlsMaterialException e)
        {
            if (isNew)
                TlsLog.NotReloaded(_context.Logger, _context.Name, e.Message);
        }
    }

    public void Dispose()
    {
        _context.Reloads.Remove(this);
        foreach (var material in _state.Certificates.All)
            material.Dispose();
    }
}

/// <summary>One load of a server's certificates and of what its clients' are checked with. Immutable.</summary>
internal sealed class ServerTlsState
{
    // With and without the protocols of the application, by certificate: a client that shares none is served without one, as in Envoy.
    private readonly Dictionary<CertificateMaterial, (SslServerAuthenticationOptions With, SslServerAuthenticationOptions Without)> _options = [];

    private ServerTlsState(DownstreamTlsOptions options, ServerCertificates certificates, CertificateValidator? validator)
    {
        Certificates = certificates;
        Validator = validator;
        var protocols = TlsProtocols.Of(options.Common.Parameters, TlsVersion.Tls13);
        foreach (var material in certificates.All)
            _options.Add(material, (Create(options, material, protocols, alpn: true), Create(options, material, protocols, alpn: false)));
    }

    public ServerCertificates Certificates { get; }

    /// <summary>Null: clients are not asked for certificates.</summary>
    public CertificateValidator? Validator { get; }

    public static ServerTlsState Load(DownstreamTlsOptions options)
    {
        var validator = options.Common.Validation is { } validation ? CertificateValidator.Load(validation) : null;
        var all = options.Common.Certificates.Select(c => CertificateMaterial.Load(c, validator?.Trusted)).ToArray();
        return new ServerTlsState(options, new ServerCertificates(all, options.FullScanCertsOnSniMismatch), validator);
    }

    /// <summary>What the framework is given; to be copied before anything is added for one connection.</summary>
    public SslServerAuthenticationOptions OptionsOf(CertificateMaterial material, bool alpn) => alpn ? _options[material].With : _options[material].Without;

    /// <summary>A copy of the options that a callback can be added to.</summary>
    public static SslServerAuthenticationOptions Copy(SslServerAuthenticationOptions options) => new()
    {
        ServerCertificateContext = options.ServerCertificateContext,
        EnabledSslProtocols = options.EnabledSslProtocols,
        AllowRenegotiation = false,
        AllowTlsResume = options.AllowTlsResume,
        CipherSuitesPolicy = options.CipherSuitesPolicy,
        ApplicationProtocols = options.ApplicationProtocols,
        ClientCertificateRequired = true,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
    };

    private static SslServerAuthenticationOptions Create(DownstreamTlsOptions options, CertificateMaterial material, SslProtocols protocols, bool alpn) => new()
    {
        ServerCertificateContext = material.Context,
        EnabledSslProtocols = protocols,
        AllowRenegotiation = false,
        // A resumed session brings the client's certificate without those between it and a trusted one: it could not be checked again.
        AllowTlsResume = !options.DisableSessionResumption && options.Common.Validation is null,
        CipherSuitesPolicy = CipherSuites.Policy(options.Common.Parameters.CipherSuites),
        ApplicationProtocols = alpn ? TlsProtocols.Alpn(options.Common.AlpnProtocols) : null,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
    };
}
