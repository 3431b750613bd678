using Envoy.Net.Tls;
using Envoy.Stats;

namespace Envoy.TransportSockets.Tls;

/// <summary>
/// What TLS counts, Envoy's names under <c>ssl.</c> of a listener or a cluster. The statistics of ciphers, versions and groups are made when they are
/// first agreed on; a peer cannot make names. Worker-owned.
/// </summary>
internal sealed class TlsStats
{
    private readonly StatsScope _scope;
    private readonly int _shard;
    private readonly Dictionary<string, CounterCell> _agreed = new(StringComparer.Ordinal);

    public TlsStats(StatsScope scope, int shard)
    {
        _scope = scope;
        _shard = shard;
        ConnectionError = scope.Counter("ssl.connection_error", shard);
        Handshake = scope.Counter("ssl.handshake", shard);
        SessionReused = scope.Counter("ssl.session_reused", shard);
        NoCertificate = scope.Counter("ssl.no_certificate", shard);
        FailVerifyNoCert = scope.Counter("ssl.fail_verify_no_cert", shard);
        FailVerifyError = scope.Counter("ssl.fail_verify_error", shard);
        FailVerifySan = scope.Counter("ssl.fail_verify_san", shard);
        FailVerifyCertHash = scope.Counter("ssl.fail_verify_cert_hash", shard);
        _ = scope.Counter("ssl.ocsp_staple_failed", shard);
        _ = scope.Counter("ssl.ocsp_staple_omitted", shard);
        _ = scope.Counter("ssl.ocsp_staple_responses", shard);
        _ = scope.Counter("ssl.ocsp_staple_requests", shard);
        _ = scope.Counter("ssl.was_key_usage_invalid", shard);
    }

    public CounterCell ConnectionError { get; }

    public CounterCell Handshake { get; }

    public CounterCell SessionReused { get; }

    public CounterCell NoCertificate { get; }

    public CounterCell FailVerifyNoCert { get; }

    public CounterCell FailVerifyError { get; }

    public CounterCell FailVerifySan { get; }

    public CounterCell FailVerifyCertHash { get; }

    /// <summary>A handshake is done.</summary>
    public void OnHandshake(TlsConnectionInfo info)
    {
        Handshake.Inc();
        if (info.IsResumed)
            SessionReused.Inc();
        if (info.Peer is null)
            NoCertificate.Inc();
        Agreed("ssl.ciphers.", info.CipherSuite);
        Agreed("ssl.versions.", info.Version);
        if (info.Group.Length > 0)
            Agreed("ssl.curves.", info.Group);
    }

    /// <summary>A certificate was not good enough.</summary>
    public void OnRefused(CertificateVerdict verdict)
    {
        switch (verdict)
        {
            case CertificateVerdict.Names:
                FailVerifySan.Inc();
                break;
            case CertificateVerdict.Hash:
                FailVerifyCertHash.Inc();
                break;
            case CertificateVerdict.Chain:
                FailVerifyError.Inc();
                break;
            default:
                break;
        }
    }

    private void Agreed(string prefix, string what)
    {
        // By what is agreed alone: the three kinds share no name.
        if (!_agreed.TryGetValue(what, out var cell))
            _agreed.Add(what, cell = _scope.Counter(prefix + what, _shard));
        cell.Inc();
    }
}
