using System.Net;
using System.Net.Sockets;
using Envoy.Buffers;
using Envoy.Net;
using Envoy.Runtime;

namespace Envoy.TransportSockets.ProxyProtocol;

/// <summary>
/// A transport that sends a PROXY protocol header as soon as it is connected, before its owner hears of that, and nothing else before the header has
/// left. Worker-owned.
/// </summary>
internal sealed class ProxyProtocolTransport : Transport, ITransportHandler
{
    private const int MostSegments = 8;

    private readonly Transport _inner;
    private readonly UpstreamProxyProtocol _socket;
    private readonly UpstreamSocketOptions _connection;
    private readonly ByteQueue _header;
    private SocketError _error;
    private bool _endsAfterHeader;

    public ProxyProtocolTransport(Worker worker, Transport inner, UpstreamProxyProtocol socket, UpstreamSocketOptions connection)
    {
        _inner = inner;
        _socket = socket;
        _connection = connection;
        _header = new ByteQueue(worker);
        Handler = inner.Handler;
        inner.Handler = this;
    }

    public override EndPoint? LocalEndPoint => _inner.LocalEndPoint;

    public override bool BindFailed => _inner.BindFailed;

    public override EndPoint? RemoteEndPoint => _inner.RemoteEndPoint;

    public override bool CanReceive => _inner.CanReceive;

    public override bool HasUnsent => !_header.IsEmpty || _inner.HasUnsent;

    public override string FailureReason => _inner.FailureReason;

    public void OnConnected(SocketError error)
    {
        if (error == SocketError.Success)
        {
            _socket.WriteHeader(_header, _connection, _inner.LocalEndPoint, _inner.RemoteEndPoint);
            FlushHeader();
            error = _error;
        }

        Handler.OnConnected(error);
    }

    public void OnReadable() => Handler.OnReadable();

    public void OnWritable()
    {
        if (!_header.IsEmpty)
        {
            FlushHeader();
            if (!_header.IsEmpty)
                return;
        }

        // Also after a failure, which the owner finds when it goes on.
        Handler.OnWritable();
    }

    public void OnHangup() => Handler.OnHangup();

    public override IoResult TryReceive(ArraySegment<byte> buffer) => _inner.TryReceive(buffer);

    public override IoResult TrySend(ReadOnlySpan<ArraySegment<byte>> segments)
    {
        if (!_header.IsEmpty)
            FlushHeader();
        if (_error != SocketError.Success)
            return IoResult.Failed(_error);
        return _header.IsEmpty ? _inner.TrySend(segments) : IoResult.WouldBlock;
    }

    public override void ShutdownSend()
    {
        if (_header.IsEmpty)
            _inner.ShutdownSend();
        else
            _endsAfterHeader = true;
    }

    public override void Close(bool reset)
    {
        _header.Clear();
        _inner.Close(reset);
    }

    /// <summary>Sends the header as far as the system takes it; empty after a failure, too.</summary>
    private void FlushHeader()
    {
        // Once a connection, nearly always; the worker's own segments may be the caller's.
        var segments = new ArraySegment<byte>[MostSegments];
        while (!_header.IsEmpty)
        {
            var count = _header.GetSegments(segments);
            var result = _inner.TrySend(segments.AsSpan(0, count));
            if (result.Status == IoStatus.WouldBlock)
                return;
            if (result.Status != IoStatus.Done)
            {
                _error = result.Error == SocketError.Success ? SocketError.ConnectionReset : result.Error;
                _header.Clear();
                return;
            }

            _header.Drain(result.Bytes);
        }

        if (_endsAfterHeader)
        {
            _endsAfterHeader = false;
            _inner.ShutdownSend();
        }
    }
}
