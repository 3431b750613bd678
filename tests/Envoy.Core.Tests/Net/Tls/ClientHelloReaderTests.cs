using System.Buffers.Binary;
using Envoy.Net.Tls;

namespace Envoy.Core.Tests.Net.Tls;

/// <summary>A client's first message is understood however it comes, and what is none is told apart from what is a broken one.</summary>
public sealed class ClientHelloReaderTests
{
    private const int Most = 16 * 1024;

    [Test]
    public void Read_ThePlatformsHello_NameAndProtocolsAreFound()
    {
        var hello = Whole(CapturedHello.Of("Some.Example.COM", "h2", "http/1.1"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(hello.ServerName, Is.EqualTo("some.example.com"));
            Assert.That(hello.ApplicationProtocols, Is.EqualTo(new[] { "h2", "http/1.1" }));
            Assert.That(hello.CipherSuites, Is.Not.Empty);
            Assert.That(hello.SupportedGroups, Is.Not.Empty);
            Assert.That(hello.SignatureAlgorithms, Is.Not.Empty);
            Assert.That(hello.HighestVersion, Is.EqualTo(0x0304).Or.EqualTo(0x0303));
        }
    }

    [Test]
    public void Read_NoNameNoProtocols_AreNone()
    {
        var hello = Whole(CapturedHello.Of("127.0.0.1"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(hello.ServerName, Is.Null);
            Assert.That(hello.ApplicationProtocols, Is.Empty);
        }
    }

    [Test]
    public void Read_EveryBeginning_NeedsMore()
    {
        var bytes = CapturedHello.Of("a.example");
        for (var length = 0; length < bytes.Length; length++)
            Assert.That(ClientHelloReader.Read(bytes.AsSpan(0, length), Most, out _), Is.EqualTo(ClientHelloStatus.NeedMore), $"{length} of {bytes.Length} bytes");
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(100)]
    public void Read_SeveralRecords_AreJoined(int size)
    {
        var split = Split(CapturedHello.Of("a.example", "h2"), size);
        Assert.That(Whole(split).ServerName, Is.EqualTo("a.example"));
        for (var length = 0; length < split.Length; length++)
            Assert.That(ClientHelloReader.Read(split.AsSpan(0, length), Most, out _), Is.EqualTo(ClientHelloStatus.NeedMore), $"{length} of {split.Length} bytes");
    }

    [Test]
    public void Read_BytesBehindIt_AreNotLookedAt()
    {
        byte[] more = [.. CapturedHello.Of("a.example"), 1, 2, 3];
        Assert.That(Whole(more).ServerName, Is.EqualTo("a.example"));
    }

    [Test]
    public void Read_LargerThanMayBe_IsTooLarge()
    {
        var bytes = CapturedHello.Of("a.example");
        Assert.That(ClientHelloReader.Read(bytes, bytes.Length - 6, out _), Is.EqualTo(ClientHelloStatus.TooLarge));
        Assert.That(ClientHelloReader.Read(bytes.AsSpan(0, 9), bytes.Length - 6, out _), Is.EqualTo(ClientHelloStatus.TooLarge), "its length is enough");
        Assert.That(ClientHelloReader.Read(bytes, bytes.Length - 5, out _), Is.EqualTo(ClientHelloStatus.Found));
    }

    [TestCase("GET / HTTP/1.1\r\n")]
    [TestCase("\u0016GET")]
    [TestCase("SSH-2.0-x")]
    [TestCase("\0")]
    public void Read_SomethingElse_IsNoTls(string text) =>
        Assert.That(ClientHelloReader.Read(System.Text.Encoding.Latin1.GetBytes(text), Most, out _), Is.EqualTo(ClientHelloStatus.NotTls));

    [Test]
    public void Read_AnotherHandshakeMessage_IsNoTls() =>
        Assert.That(ClientHelloReader.Read([22, 3, 1, 0, 4, 2, 0, 0, 0], Most, out _), Is.EqualTo(ClientHelloStatus.NotTls));

    [Test]
    public void Read_ARecordOfNothing_IsMalformed() =>
        Assert.That(ClientHelloReader.Read([22, 3, 1, 0, 0], Most, out _), Is.EqualTo(ClientHelloStatus.Malformed));

    [Test]
    public void Read_AnotherRecordInBetween_IsMalformed()
    {
        var split = Split(CapturedHello.Of("a.example"), 100);
        split[105] = 23;
        Assert.That(ClientHelloReader.Read(split, Most, out _), Is.EqualTo(ClientHelloStatus.Malformed));
    }

    [Test]
    public void Read_AnyByteChanged_NeverThrows()
    {
        var bytes = CapturedHello.Of("a.example", "h2");
        for (var at = 0; at < bytes.Length; at++)
        {
            foreach (var value in (byte[])[0, 1, 0x7f, 0xff])
            {
                var changed = bytes.ToArray();
                changed[at] = value;
                Assert.That(() => ClientHelloReader.Read(changed, Most, out _), Throws.Nothing, $"byte {at} is {value}");
            }
        }
    }

    [TestCase(769, "47,53,5,10,49161,49162,49171,49172,50,56,19,4", "0,10,11", "23,24,25", "0", ExpectedResult = "ada70206e40642a3e4461f35503241d5")]
    [TestCase(769, "4,5,10,9,100,98,3,6,19,18,99", "", "", "", ExpectedResult = "de350869b8c85de67a350c8d186f11e6")]
    [TestCase(769, "2570,4,5,10,9,100,98,3,6,19,18,99", "64250", "", "", ExpectedResult = "de350869b8c85de67a350c8d186f11e6", Description = "GREASE is left out")]
    public string Ja3_PublishedExamples_AreEqual(int version, string suites, string extensions, string groups, string points) => new ClientHello
    {
        LegacyVersion = (ushort)version,
        CipherSuites = Numbers(suites),
        Extensions = Numbers(extensions),
        SupportedGroups = Numbers(groups),
        PointFormats = [.. Numbers(points).Select(n => (byte)n)],
    }.Ja3();

    [Test]
    public void Ja4_PublishedExample_IsEqual()
    {
        // JA4's own example, a browser's: the order is the client's, GREASE is among it.
        var hello = new ClientHello
        {
            ServerName = "a.example",
            ApplicationProtocols = ["h2", "http/1.1"],
            LegacyVersion = 0x0303,
            SupportedVersions = [0x1a1a, 0x0304, 0x0303],
            CipherSuites =
            [
                0x3a3a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
            ],
            Extensions =
            [
                0x4a4a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015,
            ],
            SignatureAlgorithms = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
        };
        Assert.That(hello.Ja4(), Is.EqualTo("t13d1516h2_8daaf6152771_e5627efa2ab1"));
    }

    private static ClientHello Whole(byte[] bytes)
    {
        Assert.That(ClientHelloReader.Read(bytes, Most, out var hello), Is.EqualTo(ClientHelloStatus.Found));
        return hello!;
    }

    /// <summary>The same message in records of at most so many bytes.</summary>
    private static byte[] Split(byte[] record, int size)
    {
        var message = record.AsSpan(5, BinaryPrimitives.ReadUInt16BigEndian(record.AsSpan(3)));
        var split = new List<byte>();
        for (var at = 0; at < message.Length; at += size)
        {
            var count = Math.Min(size, message.Length - at);
            split.AddRange([22, 3, 1, (byte)(count >> 8), (byte)count, .. message.Slice(at, count)]);
        }

        return [.. split];
    }

    private static ushort[] Numbers(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(n => ushort.Parse(n, System.Globalization.CultureInfo.InvariantCulture))];
}
