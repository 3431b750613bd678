using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Envoy.Buffers;
using Envoy.Net.Tls;

namespace Envoy.TransportSockets.Tls;

/// <summary>One client's handshake: the choice of a certificate, and the client's own, if it is asked for one. Worker-owned.</summary>
internal sealed class ServerHandshaker(DownstreamTls socket) : ITlsHandshaker
{
    // As much as Envoy's own inspector reads.
    private const int MostHelloBytes = 16 * 1024;

    // Those of some dozen records, into which a client may cut it.
    private const int MostRecordHeaders = 320;

    private const byte HandshakeFailure = 40;
    private const byte DecodeError = 50;
    private const byte UnrecognizedName = 112;

    private readonly ServerTlsState _state = socket.Snapshot.State;
    private ClientHello? _hello;
    private CertificateMaterial? _material;
    private PeerCheck? _peer;
    private string _failure = "";

    public bool IsServer => true;

    public byte RefusalAlert { get; private set; }

    public TlsPreparation Prepare(ByteQueue received)
    {
        // Nearly always it lies in one piece.
        var bytes = received.IsSingleSpan ? received.FirstSpan : received.ToArray();
        switch (ClientHelloReader.Read(bytes, MostHelloBytes, out _hello))
        {
            // In many small records it need not have an end.
            case ClientHelloStatus.NeedMore when received.Length > MostHelloBytes + MostRecordHeaders:
                return Refuse(HandshakeFailure, "the ClientHello is too large");
            case ClientHelloStatus.NeedMore:
                return TlsPreparation.NeedMore;
            case ClientHelloStatus.NotTls:
                return Refuse(0, LooksLikeHttp(bytes) ? "http request" : "wrong version number");
            case ClientHelloStatus.Malformed:
                return Refuse(DecodeError, "the ClientHello is malformed");
            case ClientHelloStatus.TooLarge:
                return Refuse(HandshakeFailure, "the ClientHello is too large");
            default:
                break;
        }

        if (socket.Snapshot.Options.RequireSni && _hello!.ServerName is null)
            return Refuse(UnrecognizedName, "the client names no server");
        _material = _state.Certificates.Choose(_hello!);
        return TlsPreparation.Ready;
    }

    public Task BeginAsync(SslStream stream)
    {
        var options = _state.OptionsOf(_material!, SharesProtocol());
        if (_state.Validator is { } validator)
        {
            _peer = new PeerCheck(validator, socket.Snapshot.TimeProvider, socket.Scratch)
            {
                IsRequired = socket.Snapshot.Options.RequireClientCertificate || validator.NeedsCertificate,
            };
            options = ServerTlsState.Copy(options);
            options.CertificateChainPolicy = _peer.ChainPolicy(ofClients: true);
            options.RemoteCertificateValidationCallback = _peer.Check;
        }

        return stream.AuthenticateAsServerAsync(options);
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
            ServerName = _hello!.ServerName ?? "",
            SessionId = Convert.ToHexStringLower(observer.SessionId),
            IsResumed = observer.IsResumed,
            Local = _material!.Details,
            Peer = _peer?.Peer,
            PeerChain = _peer?.Chain ?? [],
            IsPeerValidated = _peer is { Verdict: CertificateVerdict.Valid },
        };
        // Also of one that was accepted all the same.
        socket.Stats.OnRefused(_peer?.Verdict ?? CertificateVerdict.NotChecked);
        socket.Stats.OnHandshake(info);
        return info;
    }

    public string Fail(Exception? error)
    {
        if (_peer is { IsRefused: true } peer)
        {
            if (peer.Peer is null)
                socket.Stats.FailVerifyNoCert.Inc();
            else
                socket.Stats.OnRefused(peer.Verdict);
            return peer.Failure;
        }

        if (_failure.Length > 0)
        {
            socket.Stats.ConnectionError.Inc();
            return _failure;
        }

        // A peer that goes away is counted where connections are.
        if (error is null || PeerCheck.IsEnd(error))
            return "";
        socket.Stats.ConnectionError.Inc();
        return TlsFailure.Of(error);
    }

    private static bool LooksLikeHttp(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("GET "u8) || bytes.StartsWith("POST "u8) || bytes.StartsWith("HEAD "u8) || bytes.StartsWith("PUT "u8);

    private TlsPreparation Refuse(byte alert, string why)
    {
        RefusalAlert = alert;
        _failure = TlsFailure.Of(why);
        return TlsPreparation.Refused;
    }

    private bool SharesProtocol()
    {
        foreach (var protocol in socket.Snapshot.Options.Common.AlpnProtocols)
        {
            if (_hello!.ApplicationProtocols.Contains(protocol))
                return true;
        }

        return false;
    }
}
