using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Envoy.Runtime.Linux;
using Envoy.Runtime.Timers;

namespace Envoy.Runtime.Portable;

/// <summary>
/// A socket of the framework made to say when it is ready: a receive of no bytes completes when there are some, and what the system would
/// not take at once is kept, up to <see cref="HeldLimit"/>, and sent by one operation whose completion means writable. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///            zero-byte receive armed ──completes──► readable ──drained──┐
///                       ▲                                               │
///                       └───────────────────────────────────────────────┘
/// While bytes lie unread no receive is armed, so a reset that comes then is seen by the next receive or send only: the framework has no
/// event for it.
/// </code>
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Closed, with or without a reset, rather than disposed: the contract of a transport.")]
internal sealed class PortableTransport : Transport, IPortableOperationOwner, IResumable, ITimerHandler
{
    /// <summary>The framework gathers up to this many segments without allocating.</summary>
    public const int MaxSegments = 8;

    // What is held for the peer while the system's buffer is full; one slab.
    private const int HeldLimit = 64 * 1024;

    // A closed transport's held bytes may take this long; the kernel, too, gives up on a peer that does not read.
    private const int LingerMilliseconds = 30_000;

    private readonly PortablePoller _poller;
    private Socket? _socket;
    private PortableOperation? _receive;
    private PortableOperation? _send;
    private PortableOperation? _connect;
    private TimerNode? _lingerTimer;
    private byte[]? _held;
    private EndPoint? _remote;
    private EndPoint? _local;
    private SocketError _connectError;
    private SocketError _receiveError;
    private SocketError _sendError;
    private State _state;
    private bool _readable;
    private bool _receivePending;
    private bool _sendPending;
    private bool _wantsWrite;
    private bool _ended;
    private bool _hangupQueued;
    private bool _hangupTold;
    private bool _bindFailed;

    public PortableTransport(PortablePoller poller, ITransportHandler handler)
    {
        _poller = poller;
        Handler = handler;
    }

    private enum State : byte
    {
        Connecting,
        ConnectFailed,
        Open,
        Lingering,
        Closed,
    }

    public override EndPoint? LocalEndPoint => _local ??= _state == State.Open ? Known(_socket!.LocalEndPoint) : null;

    public override EndPoint? RemoteEndPoint => _remote;

    public override bool BindFailed => _bindFailed;

    public override EndPoint? OriginalDestination => OperatingSystem.IsLinux() && _state == State.Open ? ReadOriginalDestination(_socket!) : null;

    public override bool CanReceive => _readable;

    internal PortableTransport? NextLingering { get; set; }

    internal PortableTransport? PreviousLingering { get; set; }

    IResumable? IResumable.NextResumed { get; set; }

    public void Adopt(Socket socket)
    {
        _socket = socket;
        socket.Blocking = false;
        _remote = Known(socket.RemoteEndPoint);
        // Linux hands the listener's setting down to what it accepts.
        if (socket.AddressFamily != AddressFamily.Unix && !OperatingSystem.IsLinux())
            socket.NoDelay = true;
        Open();
    }

    public void BeginConnect(EndPoint remote, ConnectOptions options)
    {
        _remote = remote;
        var unix = remote.AddressFamily == AddressFamily.Unix;
        try
        {
            _socket = new Socket(remote.AddressFamily, SocketType.Stream, unix ? ProtocolType.Unspecified : ProtocolType.Tcp) { Blocking = false };
            if (!unix)
                Prepare(_socket, options);
            _connect = new PortableOperation(_poller, this) { RemoteEndPoint = remote };
            if (!_socket.ConnectAsync(_connect))
                _poller.Enqueue(_connect);
        }
        catch (SocketException e)
        {
            // Known at once, yet told from the loop: nobody's connect call is re-entered.
            _connectError = e.SocketErrorCode;
            _state = State.ConnectFailed;
            _poller.Worker.ResumeNextTurn(this);
        }
    }

    private void Prepare(Socket socket, ConnectOptions options)
    {
        if (options.NoDelay)
            socket.NoDelay = true;
        if (options.Keepalive is { } keepalive)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            SetTcpOption(socket, SocketOptionName.TcpKeepAliveRetryCount, keepalive.Probes);
            SetTcpOption(socket, SocketOptionName.TcpKeepAliveTime, keepalive.TimeSeconds);
            SetTcpOption(socket, SocketOptionName.TcpKeepAliveInterval, keepalive.IntervalSeconds);
        }

        if (options.Source is not { } source)
            return;
        _bindFailed = true;
        Bind(socket, source);
        _bindFailed = false;
    }

    // As far as the system goes along: a number that it does not take is no reason not to connect.
    private static void SetTcpOption(Socket socket, SocketOptionName name, int value)
    {
        try
        {
            if (value > 0)
                socket.SetSocketOption(SocketOptionLevel.Tcp, name, value);
        }
        catch (SocketException)
        {
        }
    }

    private static void Bind(Socket socket, SourceBinding source)
    {
        var v4 = source.Address.AddressFamily == AddressFamily.InterNetwork;
        var level = v4 ? Interop.SolIp : Interop.SolIpv6;
        if (source.Transparent)
            SetLinuxOption(level, v4 ? Interop.IpTransparent : Interop.Ipv6Transparent, 1);
        if (source.FreeBind)
            SetLinuxOption(level, v4 ? Interop.IpFreeBind : Interop.Ipv6FreeBind, 1);
        if (source.Mark != 0)
            SetLinuxOption(Interop.SolSocket, Interop.SoMark, source.Mark);

        // The port is chosen when the peer is known, so that one address has more than 64 Ki connections.
        if (source.Address.Port == 0 && OperatingSystem.IsLinux())
            SetLinuxOption(Interop.SolIp, Interop.IpBindAddressNoPort, 1);
        socket.Bind(source.Address);

        void SetLinuxOption(int optionLevel, int name, uint value) => socket.SetRawSocketOption(optionLevel, name, BitConverter.GetBytes(value));
    }

    public void OnResumed()
    {
        if (_state == State.ConnectFailed)
            Handler.OnConnected(_connectError);
        else if (_state == State.Open)
            TellHangup();
    }

    public void OnTimer(TimerNode timer) => Abort();

    public void OnOperationDone(PortableOperation operation)
    {
        if (ReferenceEquals(operation, _receive))
            OnReceiveDone();
        else if (ReferenceEquals(operation, _send))
            OnSendDone();
        else
            OnConnectDone();
    }

    public void OnOperationDropped(PortableOperation operation)
    {
        if (ReferenceEquals(operation, _send))
            ReturnHeld();
    }

    public override IoResult TryReceive(ArraySegment<byte> buffer)
    {
        while (_readable)
        {
            if (_receiveError != SocketError.Success)
            {
                _readable = false;
                return IoResult.Failed(_receiveError);
            }

            var received = _socket!.Receive(buffer.AsSpan(), SocketFlags.None, out var error);
            if (error == SocketError.Success && received > 0)
            {
                // Less than asked for: the socket is drained. Waiting begins now, and may find more at once.
                if (received < buffer.Count)
                    _readable = !ArmReceive();
                return IoResult.Done(received);
            }

            if (error == SocketError.Success)
            {
                _readable = false;
                return IoResult.EndOfStream;
            }

            if (error == SocketError.Interrupted)
                continue;
            if (error is not (SocketError.WouldBlock or SocketError.IOPending))
            {
                _readable = false;
                Break(error);
                QueueHangup();
                return IoResult.Failed(error);
            }

            _readable = !ArmReceive();
        }

        return IoResult.WouldBlock;
    }

    public override IoResult TrySend(ReadOnlySpan<ArraySegment<byte>> segments)
    {
        if (_state != State.Open)
            return _state == State.Connecting ? IoResult.WouldBlock : IoResult.Failed(SocketError.NotConnected);
        if (_sendError != SocketError.Success)
            return IoResult.Failed(_sendError);
        if (_sendPending)
        {
            _wantsWrite = true;
            return IoResult.WouldBlock;
        }

        var count = Math.Min(segments.Length, MaxSegments);
        var offered = 0;
        for (var i = 0; i < count; i++)
            offered += segments[i].Count;

        var sent = SendNow(segments[..count], out var error);
        if (error is not (SocketError.Success or SocketError.WouldBlock or SocketError.IOPending or SocketError.NoBufferSpaceAvailable))
        {
            _sendError = error;
            return IoResult.Failed(error);
        }

        if (sent == offered)
            return IoResult.Done(sent);
        // The system's buffer is full and nothing will say when it has room, but for an operation that waits for it.
        var held = Hold(segments, sent);
        return _sendError == SocketError.Success ? IoResult.Done(sent + held) : IoResult.Failed(_sendError);
    }

    public override void ShutdownSend()
    {
        if (_state != State.Open || _ended)
            return;
        _ended = true;
        if (!_sendPending)
            EndSending();
    }

    public override void Close(bool reset)
    {
        if (_state is State.Closed)
            return;
        if (_state == State.Lingering)
        {
            if (reset)
                Abort();
            return;
        }

        _readable = false;
        if (!reset && _sendPending && _sendError == SocketError.Success)
        {
            // What was reported as sent still has to go out, as it would from the kernel's buffer.
            _state = State.Lingering;
            _poller.AddLingering(this);
            _lingerTimer = new TimerNode(this);
            _poller.Worker.Arm(_lingerTimer, LingerMilliseconds);
            return;
        }

        Release(reset);
    }

    /// <summary>Ends a transport whatever is still to be sent.</summary>
    internal void Abort() => Release(reset: true);

    /// <summary>As the other engine shows them: no name for the unnamed, IPv4 as IPv4 also behind a dual-stack listener.</summary>
    private static EndPoint? Known(EndPoint? endPoint) => endPoint switch
    {
        IPEndPoint { Address.IsIPv4MappedToIPv6: true } ip => new IPEndPoint(ip.Address.MapToIPv4(), ip.Port),
        UnixDomainSocketEndPoint unix when unix.ToString().Length == 0 => null,
        _ => endPoint,
    };

    private static EndPoint? ReadOriginalDestination(Socket socket)
    {
        if (Known(socket.LocalEndPoint) is not IPEndPoint local)
            return null;
        var level = local.AddressFamily == AddressFamily.InterNetwork ? Interop.SolIp : Interop.SolIpv6;
        Span<byte> raw = stackalloc byte[SocketAddresses.MaxLength];
        try
        {
            return SocketAddresses.Read(raw[..socket.GetRawSocketOption(level, Interop.SoOriginalDst, raw)]);
        }
        catch (SocketException)
        {
            // It was not redirected.
            return null;
        }
    }

    private void Open()
    {
        _state = State.Open;
        _receive = new PortableOperation(_poller, this);
        // Bytes that are there already are told by the loop, as any others.
        if (!ArmReceive())
            _poller.Enqueue(_receive);
    }

    private void OnConnectDone()
    {
        var error = _connect!.SocketError;
        _connect.Dispose();
        _connect = null;
        if (_state != State.Connecting)
            return;
        // A Unix socket's path that is not there (ENOENT): as refused as one that nobody listens on.
        if (error == SocketError.AddressNotAvailable && _remote is UnixDomainSocketEndPoint)
            error = SocketError.ConnectionRefused;
        _connectError = error;
        if (error == SocketError.Success)
            Open();
        else
            _state = State.ConnectFailed;
        Handler.OnConnected(error);
    }

    /// <summary>Waits for bytes; false if it need not, because there is something (or an error) already.</summary>
    private bool ArmReceive()
    {
        if (_socket!.ReceiveAsync(_receive!))
        {
            _receivePending = true;
            return true;
        }

        NoteReceived();
        return false;
    }

    private void NoteReceived()
    {
        // The wait has consumed the socket's error; the receive that follows would see a plain end.
        if (_receive!.SocketError != SocketError.Success)
            Break(_receive.SocketError);
    }

    private void OnReceiveDone()
    {
        if (_state != State.Open)
            return;
        if (_receivePending)
            NoteReceived();
        _receivePending = false;
        _readable = true;
        Handler.OnReadable();
        if (_state != State.Open)
            return;
        // Something was reported, nobody has read it, and it is not bytes: the peer's end, or the connection's.
        if (_readable && _receiveError == SocketError.Success && _socket!.Available == 0
            && _socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int error and not 0)
        {
            Break((SocketError)error);
        }

        if (_receiveError != SocketError.Success)
            TellHangup();
    }

    private void Break(SocketError error)
    {
        _receiveError = error;
        if (_sendError == SocketError.Success)
            _sendError = error;
    }

    private int SendNow(ReadOnlySpan<ArraySegment<byte>> segments, out SocketError error)
    {
        if (segments.Length == 1)
            return _socket!.Send(segments[0].AsSpan(), SocketFlags.None, out error);
        var list = _poller.Segments;
        foreach (var segment in segments)
            list.Add(segment);
        var sent = _socket!.Send(list, SocketFlags.None, out error);
        list.Clear();
        return sent;
    }

    /// <summary>Copies what follows the first <paramref name="skip"/> bytes, and has it sent; returns how many bytes were taken.</summary>
    private int Hold(ReadOnlySpan<ArraySegment<byte>> segments, int skip)
    {
        _held = ArrayPool<byte>.Shared.Rent(HeldLimit);
        var count = 0;
        var complete = true;
        foreach (var segment in segments)
        {
            if (skip >= segment.Count)
            {
                skip -= segment.Count;
                continue;
            }

            var rest = segment.AsSpan(skip);
            skip = 0;
            var taken = Math.Min(rest.Length, HeldLimit - count);
            rest[..taken].CopyTo(_held.AsSpan(count));
            count += taken;
            if (taken < rest.Length)
            {
                complete = false;
                break;
            }
        }

        _send ??= new PortableOperation(_poller, this);
        _send.SetBuffer(_held, 0, count);
        if (_socket!.SendAsync(_send))
        {
            _sendPending = true;
            _wantsWrite = !complete;
            return count;
        }

        _sendError = _send.SocketError;
        ReturnHeld();
        return count;
    }

    private void OnSendDone()
    {
        _sendPending = false;
        ReturnHeld();
        if (_state == State.Lingering)
        {
            Release(reset: false);
            return;
        }

        if (_state != State.Open)
            return;
        _sendError = _send!.SocketError;
        if (_sendError == SocketError.Success && _ended)
            EndSending();
        if (_wantsWrite)
        {
            _wantsWrite = false;
            Handler.OnWritable();
        }

        if (_sendError != SocketError.Success && _state == State.Open)
            TellHangup();
    }

    private void EndSending()
    {
        // Known to be broken: the call could only throw.
        if (_receiveError == SocketError.Success && _sendError == SocketError.Success)
            TryShutdown();
    }

    private void TryShutdown()
    {
        try
        {
            _socket!.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer has reset the connection; a receive tells.
        }
    }

    private void QueueHangup()
    {
        if (_hangupQueued || _hangupTold)
            return;
        _hangupQueued = true;
        _poller.Worker.ResumeNextTurn(this);
    }

    private void TellHangup()
    {
        if (_hangupTold)
            return;
        _hangupTold = true;
        Handler.OnHangup();
    }

    private void Release(bool reset)
    {
        if (_state == State.Lingering)
        {
            _poller.RemoveLingering(this);
            _poller.Worker.Disarm(_lingerTimer!);
        }

        var open = _state is State.Open or State.Lingering;
        _state = State.Closed;
        if (_socket is { } socket)
        {
            if (reset)
            {
                socket.Close(0);
            }
            else
            {
                // With an operation pending the framework would reset the connection, unless it was shut down first.
                if (open && !_ended && _receiveError == SocketError.Success && _sendError == SocketError.Success)
                    TryShutdown();
                socket.Dispose();
            }
        }

        // One that is pending is really disposed when its abortion has come back.
        _receive?.Dispose();
        _send?.Dispose();
        if (!_sendPending)
            ReturnHeld();
    }

    private void ReturnHeld()
    {
        if (_held is not { } held)
            return;
        _held = null;
        ArrayPool<byte>.Shared.Return(held);
    }
}
