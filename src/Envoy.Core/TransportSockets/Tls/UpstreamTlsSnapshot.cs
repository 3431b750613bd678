using Envoy.Net;
using Envoy.Net.Tls;
using Envoy.Runtime;
using Envoy.Stats;

namespace Envoy.TransportSockets.Tls;

/// <summary>A cluster's TLS, compiled; its certificate and what it trusts are exchanged when their files change. Thread-safe.</summary>
internal sealed class UpstreamTlsSnapshot : IUpstreamTransportSocketSnapshot, ITlsReloadable
{
    private readonly TransportSocketContext _context;
    private readonly ReloadableFiles _files;
    private volatile ClientTlsState _state;

    /// <exception cref="TlsMaterialException">A certificate or key cannot be used; it could when the options were validated.</exception>
    public UpstreamTlsSnapshot(UpstreamTlsOptions options, TransportSocketContext context)
    {
        Options = options;
        _context = context;
        _files = new ReloadableFiles(options.Common);
        _state = ClientTlsState.Load(options);
        if (_files.Any)
            context.Reloads.Add(this);
    }

    public UpstreamTlsOptions Options { get; }

    /// <summary>What new handshakes use.</summary>
    public ClientTlsState State => _state;

    public TimeProvider TimeProvider => _context.TimeProvider;

    public IUpstreamTransportSocket CreateFor(Worker worker, StatsScope stats) => new UpstreamTls(this, worker, new TlsStats(stats, worker.Index));

    public void ReloadIfChanged()
    {
        if (!_files.HaveChanged(out var isNew))
            return;
        try
        {
            _state = ClientTlsState.Load(Options);
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
        _state.Certificate?.Dispose();
    }
}

/// <summary>One load of a client's certificate and of what servers' are checked with. Immutable.</summary>
/// <param name="Certificate">Shown to servers that ask; null: none.</param>
/// <param name="Validator">Null: servers' certificates are not checked, as in Envoy.</param>
internal sealed record ClientTlsState(CertificateMaterial? Certificate, CertificateValidator? Validator)
{
    public static ClientTlsState Load(UpstreamTlsOptions options) => new(
        options.Common.Certificates.Count > 0 ? CertificateMaterial.Load(options.Common.Certificates[0]) : null,
        options.Common.Validation is { } validation ? CertificateValidator.Load(validation) : null);
}
