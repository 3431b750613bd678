using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Envoy.Buffers;
using Envoy.Extensions;
using Envoy.Net;
using Envoy.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Core.Tests.Net;

/// <summary>Headers of the PROXY protocol, byte for byte (HAProxy's proxy-protocol.txt).</summary>
public sealed class ProxyProtocolHeaderTests
{
    private static readonly IPEndPoint Client = new(IPAddress.Parse("192.0.2.7"), 1000);
    private static readonly IPEndPoint Server = new(IPAddress.Parse("198.51.100.2"), 443);

    [TestCase("192.0.2.7", "198.51.100.2", "PROXY TCP4 192.0.2.7 198.51.100.2 1000 443\r\n")]
    [TestCase("2001:db8::7", "2001:db8::1", "PROXY TCP6 2001:db8::7 2001:db8::1 1000 443\r\n")]
    [TestCase("fe80::7%3", "fe80::1%3", "PROXY TCP6 fe80::7 fe80::1 1000 443\r\n", Description = "a zone means something here only")]
    [TestCase("::ffff:192.0.2.7", "::ffff:198.51.100.2", "PROXY TCP4 192.0.2.7 198.51.100.2 1000 443\r\n")]
    [TestCase("192.0.2.7", "2001:db8::1", "PROXY TCP6 ::ffff:192.0.2.7 2001:db8::1 1000 443\r\n")]
    public void Text_NamesBothEnds(string source, string destination, string expected) =>
        Assert.That(Encoding.ASCII.GetString(Write(new ProxyProtocolConfig(), new IPEndPoint(IPAddress.Parse(source), 1000), new IPEndPoint(IPAddress.Parse(destination), 443)).Bytes),
            Is.EqualTo(expected));

    [Test]
    public void Text_WithoutAddresses_IsUnknown()
    {
        var pipe = new UnixDomainSocketEndPoint("/a");
        Assert.That(Encoding.ASCII.GetString(Write(new ProxyProtocolConfig(), null, Server).Bytes), Is.EqualTo("PROXY UNKNOWN\r\n"));
        Assert.That(Encoding.ASCII.GetString(Write(new ProxyProtocolConfig(), pipe, pipe).Bytes), Is.EqualTo("PROXY UNKNOWN\r\n"));
    }

    [TestCase("192.0.2.7", "198.51.100.2", "2111000c" + "c0000207" + "c6336402" + "03e801bb")]
    [TestCase("2001:db8::7", "2001:db8::1", "21210024" + "20010db8000000000000000000000007" + "20010db8000000000000000000000001" + "03e801bb")]
    [TestCase("192.0.2.7", "2001:db8::1", "21210024" + "00000000000000000000ffffc0000207" + "20010db8000000000000000000000001" + "03e801bb")]
    public void Binary_NamesBothEnds(string source, string destination, string expected) => Assert.That(
        Hex(Write(V2(), new IPEndPoint(IPAddress.Parse(source), 1000), new IPEndPoint(IPAddress.Parse(destination), 443)).Bytes), Is.EqualTo(expected));

    [TestCase(false, "20000000")]
    [TestCase(true, "21000004" + "010001aa")]
    public void Binary_WithoutAddresses_IsLocalUnlessTheyMayBeMissing(bool allowed, string expected) =>
        Assert.That(Hex(Write(V2() with { AddedTlvs = [new(1, [0xaa])] }, null, null, allowed: allowed).Bytes), Is.EqualTo(expected));

    [Test]
    public void Extensions_OfTheHostComeFirst_ThenAddedOnes_ThenPassedOnes()
    {
        var config = V2() with { AddedTlvs = [new(1, [0x11]), new(2, [0x12]), new(2, [0x13])], PassThrough = new PassThroughTlvs() };
        var (bytes, complete) = Write(config, Client, Server, [new(2, [0x22]), new(3, [0x23]), new(3, [0x24])], [new(1, [0x31])]);
        Assert.That(Hex(bytes[28..], 0), Is.EqualTo("010001" + "31" + "020001" + "12" + "020001" + "13" + "030001" + "23" + "030001" + "24"));
        Assert.That(complete, Is.True);
    }

    [TestCase(null, "")]
    [TestCase(true, "020001" + "22" + "030001" + "23")]
    [TestCase(false, "030001" + "23")]
    public void Extensions_ArePassedOn_AsFarAsTheyAreNamed(bool? all, string expected)
    {
        var config = V2() with { PassThrough = all is { } it ? new PassThroughTlvs { IsAll = it, Types = [3, 9] } : null };
        Assert.That(Hex(Write(config, Client, Server, [new(2, [0x22]), new(3, [0x23])]).Bytes[28..], 0), Is.EqualTo(expected));
    }

    [Test]
    public void Extensions_ThatDoNotFit_AreLeftOut()
    {
        // 65,535 bytes in all: 12 of addresses, 3 before each value.
        const int Rest = 65_535 - 12 - 3;
        var fits = V2() with { AddedTlvs = [new(1, ValueList.Create<byte>(new byte[Rest]))] };
        var tooLong = V2() with { AddedTlvs = [new(1, ValueList.Create<byte>(new byte[Rest + 1])), new(2, [7])] };
        var (whole, complete) = Write(fits, Client, Server);
        var (cut, cutComplete) = Write(tooLong, Client, Server);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(complete, Is.True);
            Assert.That(whole, Has.Length.EqualTo(16 + 65_535));
            Assert.That(BinaryPrimitives.ReadUInt16BigEndian(whole.AsSpan(14)), Is.EqualTo(65_535));
            Assert.That(cutComplete, Is.False);
            Assert.That(Hex(cut[28..], 0), Is.EqualTo("020001" + "07"));
            Assert.That(BinaryPrimitives.ReadUInt16BigEndian(cut.AsSpan(14)), Is.EqualTo(cut.Length - 16));
        }
    }

    [Test]
    public void ClientAddresses_AreEqualByWhatWouldBeTold()
    {
        ClientAddresses Of(int port, params byte[] tlv) =>
            new(new IPEndPoint(IPAddress.Loopback, port), new IPEndPoint(IPAddress.Loopback, 1), tlv.Length == 0 ? [] : [new(1, ValueList.Create<byte>(tlv))]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(new HashSet<ClientAddresses> { Of(5), Of(5), Of(5, 1), Of(5, 1) }, Has.Count.EqualTo(2));
            Assert.That(Of(5), Is.Not.EqualTo(Of(6)));
            Assert.That(Of(5, 1), Is.Not.EqualTo(Of(5, 2)));
            Assert.That(Of(5, 1), Is.Not.EqualTo(Of(5)));
        }
    }

    private static ProxyProtocolConfig V2() => new() { Version = ProxyProtocolHeaderVersion.V2 };

    private static string Hex(byte[] bytes, int from = 12) => Convert.ToHexStringLower(bytes.AsSpan(from));

    private static (byte[] Bytes, bool Complete) Write(
        ProxyProtocolConfig config, EndPoint? source, EndPoint? destination, ValueList<ProxyProtocolTlv>? received = null, ValueList<ProxyProtocolTlv>? ofHost = null,
        bool allowed = false)
    {
        var worker = new Worker(0, "headers", new WorkerOptions { Engine = Engines.Select(EngineKind.Auto), TimeProvider = TimeProvider.System, Logger = NullLogger.Instance });
        try
        {
            var output = new ByteQueue(worker);
            var complete = ProxyProtocolHeader.Write(output, config, source, destination, received ?? [], ofHost, allowed);
            return (output.ToArray(), complete);
        }
        finally
        {
            worker.Stop();
        }
    }
}
