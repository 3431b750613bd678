using System.Buffers.Binary;
using System.Net;
using System.Text;
using Envoy.Filters.Listener.ProxyProtocol;

namespace Envoy.Filters.Tests.Listener;

/// <summary>Headers of both versions are read whatever pieces they come in, and wrong ones are refused.</summary>
public sealed class ProxyHeaderReaderTests
{
    private static readonly byte[] Signature = [.. "\r\n\r\n\0\r\nQUIT\n"u8];

    [TestCase("PROXY TCP4 192.0.2.1 198.51.100.2 1000 443\r\n", "192.0.2.1:1000", "198.51.100.2:443")]
    [TestCase("PROXY TCP4 255.255.255.254 1.2.3.4 65535 0\r\n", "255.255.255.254:65535", "1.2.3.4:0")]
    [TestCase("PROXY TCP6 2001:db8::1 ::1 1 2\r\n", "[2001:db8::1]:1", "[::1]:2")]
    [TestCase("PROXY TCP6 ffff:f00f:ffff:ffff:ffff:ffff:ffff:fffe ffff:f00f:ffff:ffff:ffff:ffff:ffff:fffe 65535 65535\r\n", null, null, Description = "multicast")]
    [TestCase("PROXY UNKNOWN\r\n", "", "")]
    [TestCase("PROXY UNKNOWN ffff:: x y z and more\r\n", "", "", Description = "what follows is ignored")]
    [TestCase("PROXY\r\n", null, null)]
    [TestCase("PROXY \r\n", null, null)]
    [TestCase("PROXY TCP4 192.0.2.1 198.51.100.2 1000\r\n", null, null, Description = "a port is missing")]
    [TestCase("PROXY TCP4 192.0.2.1 198.51.100.2 1000 443 5\r\n", null, null)]
    [TestCase("PROXY TCP4  192.0.2.1 198.51.100.2 1000 443\r\n", null, null, Description = "two spaces")]
    [TestCase("PROXY TCP4 192.0.2.1 198.51.100.2 1000 65536\r\n", null, null)]
    [TestCase("PROXY TCP4 192.0.2.1 198.51.100.2 -1 443\r\n", null, null)]
    [TestCase("PROXY TCP4 192.0.2.1 198.51.100.2 +1 443\r\n", null, null)]
    [TestCase("PROXY TCP4 192.0.2 198.51.100.2 1 443\r\n", null, null)]
    [TestCase("PROXY TCP4 ::1 ::1 1 443\r\n", null, null, Description = "of the other family")]
    [TestCase("PROXY TCP6 192.0.2.1 198.51.100.2 1000 443\r\n", null, null)]
    [TestCase("PROXY TCP6 fe80::1%lo ::1 1 2\r\n", null, null, Description = "a zone")]
    [TestCase("PROXY TCP4 0.0.0.0 198.51.100.2 1000 443\r\n", null, null, Description = "nobody's address")]
    [TestCase("PROXY TCP4 224.0.0.1 198.51.100.2 1000 443\r\n", null, null)]
    [TestCase("PROXY UDP4 192.0.2.1 198.51.100.2 1000 443\r\n", null, null)]
    [TestCase("PROXY TCP4 192.0.2.1 198.51.100.2 1000 443\n", null, null, Description = "no carriage return, and then the end of the line never comes")]
    public void Read_Version1(string line, string? source, string? destination)
    {
        var bytes = Encoding.ASCII.GetBytes(line.EndsWith("\r\n", StringComparison.Ordinal) ? line + "rest" : line + new string('x', 200));
        var status = ProxyHeaderReader.Read(bytes, out var header);
        Assert.That(header.Version ?? ProxyProtocolVersion.V1, Is.EqualTo(ProxyProtocolVersion.V1));
        if (source is null)
        {
            Assert.That(status, line == "PROXY\r\n" ? Is.EqualTo(ProxyHeaderStatus.NotFound) : Is.EqualTo(ProxyHeaderStatus.Malformed));
            return;
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(status, Is.EqualTo(ProxyHeaderStatus.Found));
            Assert.That(header.Length, Is.EqualTo(line.Length));
            Assert.That(header.Source?.ToString() ?? "", Is.EqualTo(source));
            Assert.That(header.Destination?.ToString() ?? "", Is.EqualTo(destination));
        }

        AssertNeedsMore(bytes, header.Length);
    }

    [Test]
    public void Read_Version1_LineTooLong_IsMalformed()
    {
        var bytes = Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 200));
        Assert.That(ProxyHeaderReader.Read(bytes.AsSpan(0, 107), out _), Is.EqualTo(ProxyHeaderStatus.NeedMore));
        Assert.That(ProxyHeaderReader.Read(bytes.AsSpan(0, 108), out _), Is.EqualTo(ProxyHeaderStatus.Malformed));
    }

    [TestCase("0100007f", "0200007f", 0x11, Description = "stream")]
    [TestCase("0100007f", "0200007f", 0x12, Description = "datagram")]
    [TestCase("20010db8000000000000000000000001", "20010db8000000000000000000000002", 0x21)]
    public void Read_Version2(string source, string destination, int family)
    {
        byte[] addresses = [.. Convert.FromHexString(source), .. Convert.FromHexString(destination), 0x03, 0xe8, 0x01, 0xbb];
        byte[] bytes = [.. V2(0x21, family, [.. addresses, 0x04, 0, 1, 7]), .. "rest"u8];
        Assert.That(ProxyHeaderReader.Read(bytes, out var header), Is.EqualTo(ProxyHeaderStatus.Found));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(header.Version, Is.EqualTo(ProxyProtocolVersion.V2));
            Assert.That(header.Source, Is.EqualTo(new IPEndPoint(new IPAddress(Convert.FromHexString(source)), 1000)));
            Assert.That(header.Destination, Is.EqualTo(new IPEndPoint(new IPAddress(Convert.FromHexString(destination)), 443)));
            Assert.That(header.Length, Is.EqualTo(bytes.Length - 4));
            Assert.That(header.TlvStart, Is.EqualTo(header.Length - 4));
        }

        AssertNeedsMore(bytes, header.Length);
    }

    [Test]
    public void Read_Version2_Local_HasNoAddresses()
    {
        var bytes = V2(0x20, 0x11, [1, 2, 3]);
        Assert.That(ProxyHeaderReader.Read(bytes, out var header), Is.EqualTo(ProxyHeaderStatus.Found));
        Assert.That((header.Source, header.Length), Is.EqualTo(((IPEndPoint?)null, bytes.Length)));
        AssertNeedsMore(bytes, header.Length);
    }

    [TestCase(0x11, 0x11, 12, Description = "version 1 in version 2's clothes")]
    [TestCase(0x31, 0x11, 12, Description = "version 3")]
    [TestCase(0x22, 0x11, 12, Description = "no such command")]
    [TestCase(0x21, 0x00, 12, Description = "UNSPEC")]
    [TestCase(0x21, 0x10, 12, Description = "no transport")]
    [TestCase(0x21, 0x31, 216, Description = "a Unix socket")]
    [TestCase(0x21, 0x41, 12, Description = "no such family")]
    [TestCase(0x21, 0x13, 12, Description = "no such transport")]
    [TestCase(0x21, 0x11, 11, Description = "shorter than its addresses")]
    [TestCase(0x21, 0x21, 35, Description = "shorter than its addresses")]
    [TestCase(0x21, 0x11, 12, Description = "addresses of nobody")]
    public void Read_Version2_Wrong_IsMalformed(int versionAndCommand, int family, int length) =>
        Assert.That(ProxyHeaderReader.Read(V2(versionAndCommand, family, new byte[length]), out _), Is.EqualTo(ProxyHeaderStatus.Malformed));

    [TestCase("GET / HTTP/1.1\r\n")]
    [TestCase("P ")]
    [TestCase("PROXX")]
    [TestCase("\r\n\r\nX")]
    [TestCase("proxy TCP4")]
    public void Read_SomethingElse_IsNotFoundAtOnce(string text)
    {
        Assert.That(ProxyHeaderReader.Read(Encoding.ASCII.GetBytes(text), out var header), Is.EqualTo(ProxyHeaderStatus.NotFound));
        Assert.That(header.Version, Is.Null);
    }

    private static byte[] V2(int versionAndCommand, int family, byte[] payload)
    {
        var bytes = new byte[16 + payload.Length];
        Signature.CopyTo(bytes, 0);
        bytes[12] = (byte)versionAndCommand;
        bytes[13] = (byte)family;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(14), (ushort)payload.Length);
        payload.CopyTo(bytes, 16);
        return bytes;
    }

    private static void AssertNeedsMore(byte[] bytes, int length)
    {
        for (var i = 0; i < length; i++)
            Assert.That(ProxyHeaderReader.Read(bytes.AsSpan(0, i), out _), Is.EqualTo(ProxyHeaderStatus.NeedMore), $"{i} of {length} bytes");
    }
}
