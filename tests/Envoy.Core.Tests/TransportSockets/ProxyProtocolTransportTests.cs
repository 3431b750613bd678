using System.Net;
using System.Net.Sockets;
using System.Text;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Stats;
using Envoy.TransportSockets.ProxyProtocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Core.Tests.TransportSockets;

/// <summary>The header goes before everything else, however little the system takes at once.</summary>
public sealed class ProxyProtocolTransportTests
{
    private const string Header = "PROXY TCP4 192.0.2.7 198.51.100.2 1000 443\r\n";

    private Worker _worker = null!;
    private Wire _wire = null!;
    private Owner _owner = null!;
    private ProxyProtocolTransport _transport = null!;

    [SetUp]
    public void Make()
    {
        _worker = new Worker(0, "header", new WorkerOptions { Engine = Engines.Select(EngineKind.Auto), TimeProvider = TimeProvider.System, Logger = NullLogger.Instance });
        _owner = new Owner();
        _wire = new Wire { Handler = _owner };
        var client = new ClientAddresses(IPEndPoint.Parse("192.0.2.7:1000"), IPEndPoint.Parse("198.51.100.2:443"), []);
        var socket = new UpstreamProxyProtocol(new UpstreamProxyProtocolOptions(), null, new StatsStore(1).Root.Counter("x", 0));
        _transport = (ProxyProtocolTransport)socket.Wrap(_worker, _wire, new UpstreamSocketOptions { Client = client });
    }

    [TearDown]
    public void Stop() => _worker.Stop();

    [Test]
    public void Connected_TheHeaderHasLeftBeforeTheOwnerHearsOfIt()
    {
        _wire.Room = 1000;
        _owner.Connected = () => Assert.That(_wire.Sent, Is.EqualTo(Header));
        _wire.Handler.OnConnected(SocketError.Success);
        Assert.That(_owner.Heard, Is.EqualTo("connected"));
        Assert.That(Send("hello").Bytes, Is.EqualTo(5));
        Assert.That(_wire.Sent, Is.EqualTo(Header + "hello"));
    }

    [Test]
    public void Connected_LittleRoom_NothingOvertakesTheHeader()
    {
        _wire.Room = 7;
        _wire.Handler.OnConnected(SocketError.Success);
        Assert.That(Send("hello").Status, Is.EqualTo(IoStatus.WouldBlock));
        Assert.That(_transport.HasUnsent, Is.True);
        _wire.Room = 10;
        _wire.Handler.OnWritable();
        Assert.That(_owner.Heard, Is.EqualTo("connected"), "the owner cannot write yet");
        _wire.Room = 1000;
        _wire.Handler.OnWritable();
        Assert.That(_owner.Heard, Is.EqualTo("connected writable"));
        Assert.That(Send("hello").Bytes, Is.EqualTo(5));
        Assert.That(_transport.HasUnsent, Is.False);
        Assert.That(_wire.Sent, Is.EqualTo(Header + "hello"));
    }

    [Test]
    public void ShutdownSend_ComesAfterTheHeader()
    {
        _wire.Handler.OnConnected(SocketError.Success);
        _transport.ShutdownSend();
        Assert.That(_wire.IsShut, Is.False);
        _wire.Room = 1000;
        _wire.Handler.OnWritable();
        Assert.That((_wire.Sent, _wire.IsShut), Is.EqualTo((Header, true)));
    }

    [Test]
    public void Connected_BrokenWire_IsAConnectFailure()
    {
        _wire.Error = SocketError.ConnectionReset;
        _wire.Handler.OnConnected(SocketError.Success);
        Assert.That(_owner.Heard, Is.EqualTo("ConnectionReset"));
        Assert.That(_wire.Sent, Is.Empty);
    }

    [Test]
    public void Header_BrokenOnItsWay_FailsWhatComesAfter()
    {
        _wire.Room = 7;
        _wire.Handler.OnConnected(SocketError.Success);
        _wire.Error = SocketError.ConnectionReset;
        _wire.Handler.OnWritable();
        Assert.That(_owner.Heard, Is.EqualTo("connected writable"));
        Assert.That((Send("hello").Status, Send("hello").Error), Is.EqualTo((IoStatus.Failed, SocketError.ConnectionReset)));
    }

    [Test]
    public void Connect_Failed_IsPassedOn()
    {
        _wire.Room = 1000;
        _wire.Handler.OnConnected(SocketError.ConnectionRefused);
        Assert.That((_owner.Heard, _wire.Sent), Is.EqualTo(("ConnectionRefused", "")));
    }

    private IoResult Send(string text) => _transport.TrySend([new ArraySegment<byte>(Encoding.ASCII.GetBytes(text))]);

    private sealed class Owner : ITransportHandler
    {
        public string Heard { get; private set; } = "";

        public Action? Connected { get; set; }

        public void OnConnected(SocketError error)
        {
            Note(error == SocketError.Success ? "connected" : error.ToString());
            Connected?.Invoke();
        }

        public void OnReadable() => Note("readable");

        public void OnWritable() => Note("writable");

        public void OnHangup() => Note("hangup");

        private void Note(string what) => Heard = (Heard + " " + what).Trim();
    }

    private sealed class Wire : Transport
    {
        private readonly StringBuilder _sent = new();

        /// <summary>How many bytes it still takes.</summary>
        public int Room { get; set; }

        public SocketError Error { get; set; }

        public string Sent => _sent.ToString();

        public bool IsShut { get; private set; }

        public override EndPoint? LocalEndPoint => null;

        public override EndPoint? RemoteEndPoint => null;

        public override bool CanReceive => false;

        public override IoResult TryReceive(ArraySegment<byte> buffer) => IoResult.WouldBlock;

        public override IoResult TrySend(ReadOnlySpan<ArraySegment<byte>> segments)
        {
            if (Error != SocketError.Success)
                return IoResult.Failed(Error);
            var taken = 0;
            foreach (var segment in segments)
            {
                var count = Math.Min(Room - taken, segment.Count);
                _sent.Append(Encoding.ASCII.GetString(segment.AsSpan(0, count)));
                taken += count;
            }

            Room -= taken;
            return taken == 0 ? IoResult.WouldBlock : IoResult.Done(taken);
        }

        public override void ShutdownSend() => IsShut = true;

        public override void Close(bool reset)
        {
        }
    }
}
