using System.Net.Security;
using Envoy.Buffers;
using Envoy.Net;
using Envoy.Net.Tls;

namespace Envoy.TransportSockets.Tls;

/// <summary>One handshake with a server. Worker-owned.</summary>
internal sealed class ClientHandshaker : ITlsHandshaker
{
    private readonly UpstreamTls _socket;
    private readonly ClientTlsState _state;
    private readonly PeerCheck _peer;
    private readonly UpstreamSocketOptions _options;
    private readonly string _serverName;

    public ClientHandshaker(UpstreamTls socket, UpstreamSocketOptions options)
    {
        _socket = socket;
        _options = options;
        var snapshot = socket.Snapshot;
        _state = snapshot.State;
        _serverName = options.ServerName ?? (snapshot.Options.AutoHostSni && options.HostName.Length > 0 ? options.HostName : snapshot.Options.Sni);
        _peer = new PeerCheck(_state.Validator, snapshot.TimeProvider, socket.Scratch)
        {
            IsRequired = true,
            RequiredNames = new RequiredNames(options.RequiredName, snapshot.Options.AutoSniSanValidation && _serverName.Length > 0 ? _serverName : null),
        };
    }

    public bool IsServer => false;

    public byte RefusalAlert => 0;

    public TlsPreparation Prepare(ByteQueue received) => TlsPreparation.Ready;

    public Task BeginAsync(SslStream stream)
    {
        var configured = _socket.Snapshot.Options.Common.AlpnProtocols;
        var protocols = _options.Protocols.Count > 0 ? _options.Protocols : configured.Count > 0 ? configured : _options.FallbackProtocols;
        return stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = _serverName,
            EnabledSslProtocols = _socket.Protocols,
            CipherSuitesPolicy = _socket.CipherSuites,
            ApplicationProtocols = TlsProtocols.Alpn(protocols),
            ClientCertificateContext = _state.Certificate?.Context,
            AllowRenegotiation = false,
            AllowTlsResume = _socket.Snapshot.Options.MaxSessionKeys > 0,
            EncryptionPolicy = EncryptionPolicy.RequireEncryption,
            CertificateChainPolicy = _peer.ChainPolicy(ofClients: false),
            RemoteCertificateValidationCallback = _peer.Check,
        });
    }

    public TlsConnectionInfo Complete(SslStream stream, HandshakeObserver observer)
    {
        observer.Complete();
        var info = new TlsConnectionInfo
        {
            Version = TlsNames.Of(stream.SslProtocol),
            CipherSuite = TlsNames.Of(stream.NegotiatedCipherSuite),
            CipherSuiteId = (ushort)stream.NegotiatedCipherSuite,
            Group = TlsNames.OfGroup(observer.Group),
            ApplicationProtocol = stream.NegotiatedApplicationProtocol.ToString(),
            ServerName = _serverName,
            SessionId = Convert.ToHexStringLower(observer.SessionId),
            IsResumed = observer.IsResumed,
            Local = stream.LocalCertificate is null ? null : _state.Certificate?.Details,
            Peer = _peer.Peer,
            PeerChain = _peer.Chain,
            IsPeerValidated = _peer.Verdict == CertificateVerdict.Valid,
        };
        // Also of one that was accepted all the same.
        _socket.Stats.OnRefused(_peer.Verdict);
        _socket.Stats.OnHandshake(info);
        return info;
    }

    public string Fail(Exception? error)
    {
        if (_peer.IsRefused)
        {
            _socket.Stats.OnRefused(_peer.Verdict);
            return _peer.Failure;
        }

        if (error is null || PeerCheck.IsEnd(error))
            return "";
        _socket.Stats.ConnectionError.Inc();
        return TlsFailure.Of(error);
    }
}
