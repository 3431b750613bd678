using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Envoy.Runtime.Linux;

/// <summary>A TCP or Unix socket on epoll. Worker-owned.</summary>
internal sealed unsafe class EpollTransport : Transport, IEpollTarget, IResumable
{
    private const int Events = Interop.EpollIn | Interop.EpollOut | Interop.EpollRdHup | Interop.EpollEdge;

    // More slices than this go out with the next send; the kernel's own limit is 1024.
    private const int MaxVectors = 64;

    private readonly EpollPoller _poller;
    private int _descriptor = -1;
    private int _slot = -1;
    private EndPoint? _remote;
    private EndPoint? _local;
    private SocketError _connectError;
    private State _state;
    private bool _bindFailed;
    private bool _readable;
    private bool _peerEnded;
    private bool _wantsWrite;

    public EpollTransport(EpollPoller poller, ITransportHandler handler)
    {
        _poller = poller;
        Handler = handler;
    }

    private enum State : byte
    {
        Connecting,
        ConnectFailed,
        Open,
        Closed,
    }

    public override EndPoint? LocalEndPoint => _local ??= _descriptor >= 0 ? SocketAddresses.LocalOf(_descriptor) : null;

    public override EndPoint? RemoteEndPoint => _remote;

    public override bool BindFailed => _bindFailed;

    public override EndPoint? OriginalDestination => _descriptor >= 0 ? SocketAddresses.OriginalDestinationOf(_descriptor, LocalEndPoint) : null;

    public override bool CanReceive => _readable;

    IResumable? IResumable.NextResumed { get; set; }

    public void Adopt(int descriptor, EndPoint? remote)
    {
        _descriptor = descriptor;
        _remote = remote;
        _state = State.Open;
        _slot = _poller.TryRegister(descriptor, this, Events);
        if (_slot < 0)
        {
            // Out of epoll watches or memory: to the owner it looks like a peer that went away at once.
            _peerEnded = true;
            _readable = true;
            _poller.Worker.ResumeNextTurn(this);
        }
    }

    public void BeginConnect(EndPoint remote, ConnectOptions options)
    {
        _remote = remote;
        _connectError = StartConnect(remote, options);
        if (_connectError is SocketError.Success)
            return;
        // Known at once, yet told from the loop: nobody's connect call is re-entered.
        _state = State.ConnectFailed;
        _poller.Worker.ResumeNextTurn(this);
    }

    public void OnResumed()
    {
        if (_state == State.ConnectFailed)
            Handler.OnConnected(_connectError);
        else if (_state == State.Open)
            Handler.OnReadable();
    }

    public void OnEvents(int events)
    {
        if (_state == State.Connecting)
        {
            if ((events & (Interop.EpollOut | Interop.EpollErr | Interop.EpollHup)) == 0)
                return;
            _connectError = PendingError();
            _state = _connectError == SocketError.Success ? State.Open : State.ConnectFailed;
            _readable = (events & Interop.EpollIn) != 0;
            Handler.OnConnected(_connectError);
            events &= ~Interop.EpollOut;
            if (_state != State.Open)
                return;
        }

        if ((events & (Interop.EpollRdHup | Interop.EpollHup)) != 0)
            _peerEnded = true;
        if ((events & Interop.EpollOut) != 0 && _wantsWrite)
        {
            _wantsWrite = false;
            Handler.OnWritable();
            if (_state == State.Closed)
                return;
        }

        if ((events & (Interop.EpollIn | Interop.EpollRdHup | Interop.EpollHup)) != 0)
        {
            _readable = true;
            Handler.OnReadable();
            if (_state == State.Closed)
                return;
        }

        // A hang-up alone is an orderly end of both sides, with bytes perhaps still to be read; an error is a reset.
        if ((events & Interop.EpollErr) != 0)
        {
            _readable = true;
            _peerEnded = true;
            Handler.OnHangup();
        }
    }

    public override IoResult TryReceive(ArraySegment<byte> buffer)
    {
        if (!_readable)
            return IoResult.WouldBlock;
        if (_slot < 0)
            return IoResult.EndOfStream;
        while (true)
        {
            nint received;
            fixed (byte* at = buffer.AsSpan())
                received = Interop.Receive(_descriptor, at, buffer.Count, 0);
            if (received > 0)
            {
                // Less than asked for: the socket is drained, and the next bytes make a new edge. Not so once the peer has ended:
                // that edge has passed already.
                if (received < buffer.Count && !_peerEnded)
                    _readable = false;
                return IoResult.Done((int)received);
            }

            if (received == 0)
            {
                _readable = false;
                return IoResult.EndOfStream;
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno == Interop.Eintr)
                continue;
            _readable = false;
            return errno == Interop.Eagain ? IoResult.WouldBlock : IoResult.Failed(SocketErrors.FromErrno(errno));
        }
    }

    public override IoResult TrySend(ReadOnlySpan<ArraySegment<byte>> segments)
    {
        if (_wantsWrite)
            return IoResult.WouldBlock;
        if (_state != State.Open)
            return _state == State.Connecting ? IoResult.WouldBlock : IoResult.Failed(SocketError.NotConnected);
        while (true)
        {
            nint sent;
            nint offered = 0;
            if (segments.Length == 1)
            {
                var only = segments[0];
                offered = only.Count;
                sent = Interop.Send(_descriptor, Address(only), offered, Interop.MsgNoSignal);
            }
            else
            {
                var count = Math.Min(segments.Length, MaxVectors);
                var vectors = stackalloc Interop.IoVector[count];
                for (var i = 0; i < count; i++)
                {
                    vectors[i].Base = Address(segments[i]);
                    vectors[i].Length = (nuint)segments[i].Count;
                    offered += segments[i].Count;
                }

                var message = new Interop.MessageHeader { Vectors = vectors, VectorCount = (nuint)count };
                sent = Interop.SendMessage(_descriptor, &message, Interop.MsgNoSignal);
            }

            if (sent >= 0)
            {
                // A short count says that the kernel's buffer is full and that it will tell: asking again would only hear EAGAIN.
                _wantsWrite = sent < offered;
                return IoResult.Done((int)sent);
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno == Interop.Eintr)
                continue;
            if (errno is Interop.Eagain)
            {
                _wantsWrite = true;
                return IoResult.WouldBlock;
            }

            return IoResult.Failed(SocketErrors.FromErrno(errno));
        }
    }

    public void OnPollerClosed() => Close(reset: false);

    public override void ShutdownSend()
    {
        if (_state == State.Open)
            _ = Interop.Shutdown(_descriptor, Interop.ShutWrite);
    }

    public override void Close(bool reset)
    {
        if (_state == State.Closed)
            return;
        _state = State.Closed;
        _readable = false;
        if (_slot >= 0)
            _poller.Unregister(_slot);
        _slot = -1;
        if (_descriptor < 0)
            return;
        if (reset)
        {
            // Linger on with zero seconds: close sends a reset.
            var linger = stackalloc int[] { 1, 0 };
            _ = Interop.SetSocketOption(_descriptor, Interop.SolSocket, Interop.SoLinger, linger, 2 * sizeof(int));
        }

        _ = Interop.Close(_descriptor);
        _descriptor = -1;
    }

    private static void* Address(ArraySegment<byte> segment) => (void*)Marshal.UnsafeAddrOfPinnedArrayElement(segment.Array!, segment.Offset);

    private SocketError StartConnect(EndPoint remote, ConnectOptions options)
    {
        _descriptor = Interop.Socket(FamilyOf(remote), Interop.SockStream | Interop.SockNonBlock | Interop.SockCloseOnExec, 0);
        if (_descriptor < 0)
            return SocketErrors.FromErrno(Marshal.GetLastPInvokeError());
        if (remote is IPEndPoint)
        {
            if (options.NoDelay)
                _ = Interop.SetInt32Option(_descriptor, Interop.IpProtoTcp, Interop.TcpNoDelay, 1);
            if (options.Keepalive is { } keepalive)
                SetKeepalive(keepalive);
            if (options.Source is { } source && !TryBind(source))
            {
                _bindFailed = true;
                return SocketErrors.FromErrno(Marshal.GetLastPInvokeError());
            }
        }

        var address = remote.Serialize();
        int result;
        fixed (byte* at = address.Buffer.Span)
            result = Interop.Connect(_descriptor, at, address.Size);
        // A Unix socket whose queue is full says EAGAIN and gives no event afterwards: a refusal.
        if (result < 0 && Marshal.GetLastPInvokeError() is var errno && errno is not (Interop.Einprogress or Interop.Eintr))
            return errno == Interop.Eagain ? SocketError.ConnectionRefused : SocketErrors.FromErrno(errno);
        _slot = _poller.TryRegister(_descriptor, this, Events);
        return _slot < 0 ? SocketErrors.FromErrno(Marshal.GetLastPInvokeError()) : SocketError.Success;
    }

    // As far as the system goes along: a number that it does not take is no reason not to connect.
    private void SetKeepalive(TcpKeepalive keepalive)
    {
        _ = Interop.SetInt32Option(_descriptor, Interop.SolSocket, Interop.SoKeepAlive, 1);
        if (keepalive.Probes > 0)
            _ = Interop.SetInt32Option(_descriptor, Interop.IpProtoTcp, Interop.TcpKeepCount, keepalive.Probes);
        if (keepalive.TimeSeconds > 0)
            _ = Interop.SetInt32Option(_descriptor, Interop.IpProtoTcp, Interop.TcpKeepIdle, keepalive.TimeSeconds);
        if (keepalive.IntervalSeconds > 0)
            _ = Interop.SetInt32Option(_descriptor, Interop.IpProtoTcp, Interop.TcpKeepInterval, keepalive.IntervalSeconds);
    }

    private bool TryBind(SourceBinding source)
    {
        var v4 = source.Address.AddressFamily == AddressFamily.InterNetwork;
        var level = v4 ? Interop.SolIp : Interop.SolIpv6;
        if ((source.Transparent && Interop.SetInt32Option(_descriptor, level, v4 ? Interop.IpTransparent : Interop.Ipv6Transparent, 1) < 0)
            || (source.FreeBind && Interop.SetInt32Option(_descriptor, level, v4 ? Interop.IpFreeBind : Interop.Ipv6FreeBind, 1) < 0)
            || (source.Mark != 0 && Interop.SetInt32Option(_descriptor, Interop.SolSocket, Interop.SoMark, unchecked((int)source.Mark)) < 0))
        {
            return false;
        }

        // The port is chosen when the peer is known, so that one address has more than 64 Ki connections.
        if (source.Address.Port == 0)
            _ = Interop.SetInt32Option(_descriptor, Interop.SolIp, Interop.IpBindAddressNoPort, 1);
        var address = source.Address.Serialize();
        fixed (byte* at = address.Buffer.Span)
            return Interop.Bind(_descriptor, at, address.Size) == 0;
    }

    private static int FamilyOf(EndPoint remote) => remote.AddressFamily switch
    {
        AddressFamily.InterNetwork => Interop.AfInet,
        AddressFamily.InterNetworkV6 => Interop.AfInet6,
        _ => Interop.AfUnix,
    };

    private SocketError PendingError()
    {
        int error;
        var length = sizeof(int);
        return Interop.GetSocketOption(_descriptor, Interop.SolSocket, Interop.SoError, &error, &length) == 0
            ? SocketErrors.FromErrno(error)
            : SocketError.SocketError;
    }
}
