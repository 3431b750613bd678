using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Hpack;

namespace Envoy.Core.Tests.Http.Hpack;

/// <summary>What the encoder writes is read back as it was, and takes the bytes that it should.</summary>
[TestFixture]
public sealed class HpackEncoderTests
{
    [Test]
    public void RepeatedRequest_IsIndexesOnly()
    {
        var encoder = new HpackEncoder();
        (string, string)[] request = [(":method", "GET"), (":scheme", "https"), (":authority", "www.example.com"), ("user-agent", "curl/8"), ("x-own", "1")];
        var first = encoder.Encode(request);
        Assert.That(encoder.Encode(request), Has.Length.EqualTo(request.Length));
        Assert.That(first, Has.Length.GreaterThan(request.Length));
    }

    [TestCase("authorization", "Bearer abc", true)]
    [TestCase("proxy-authorization", "Basic abc", true)]
    [TestCase("cookie", "short=1", true)]
    [TestCase("cookie", "a-cookie-that-is-long-enough=1", false)]
    [TestCase("x-anything", "1", false)]
    public void Secret_IsNeverIndexed(string name, string value, bool never)
    {
        var encoder = new HpackEncoder();
        var block = encoder.Encode([(name, value)]);
        Assert.That((block[0] & 0xf0) == 0x10, Is.EqualTo(never));
        Assert.That(encoder.TableSize > 0, Is.EqualTo(!never));
    }

    [Test]
    public void NeverIndexed_StaysSo()
    {
        var sink = new ByteSink();
        var encoder = new HpackEncoder();
        encoder.BeginBlock(sink);
        encoder.Write(HeaderId.Other, "x-secret"u8, "v"u8, neverIndexed: true, sink);
        Assert.That(sink.Written[0] & 0xf0, Is.EqualTo(0x10));
        Assert.That(encoder.TableSize, Is.Zero);
    }

    [Test]
    public void SizeLimits_SeveralBetweenTwoBlocks_AreSaidAsTheSmallestAndTheLast()
    {
        var encoder = new HpackEncoder();
        var decoder = new HpackDecoder();
        _ = decoder.Decode(encoder.Encode([("x-a", "1")]));
        encoder.SetSizeLimit(0);
        encoder.SetSizeLimit(100);
        var block = encoder.Encode([("x-a", "1")]);
        Assert.That(block[..3], Is.EqualTo(new byte[] { 0x20, 0x3f, 100 - 31 }));
        Assert.That(decoder.Decode(block).Fields, Is.EqualTo(new[] { ("x-a", "1") }));
        encoder.SetSizeLimit(1_000_000);
        Assert.That(encoder.Encode([])[..1], Is.EqualTo(new byte[] { 0x3f }), "no larger than our own limit");
    }

    [Test]
    public void AnyFields_AnySizes_ComeBackAsTheyWere()
    {
        var random = new Random(7);
        for (var run = 0; run < 200; run++)
        {
            var encoder = new HpackEncoder(random.Next(3) == 0 ? random.Next(300) : 4096);
            var decoder = new HpackDecoder();
            for (var block = 0; block < 30; block++)
            {
                if (random.Next(5) == 0)
                {
                    var limit = random.Next(5000);
                    decoder.SetSizeLimit(Math.Min(limit, 4096));
                    encoder.SetSizeLimit(Math.Min(limit, 4096));
                    if (random.Next(2) == 0)
                    {
                        limit = random.Next(4096);
                        decoder.SetSizeLimit(limit);
                        encoder.SetSizeLimit(limit);
                    }
                }

                var fields = Enumerable.Range(0, random.Next(12)).Select(_ => (Name(random), Value(random))).ToList();
                var (read, error) = decoder.Decode(encoder.Encode(fields));
                Assert.That(error, Is.Empty);
                Assert.That(read, Is.EqualTo(fields));
                Assert.That(decoder.TableSize, Is.EqualTo(encoder.TableSize));
            }
        }
    }

    [Test]
    public void Huffman_OfAnyBytes_IsReadBack()
    {
        var random = new Random(3);
        var sink = new ByteSink();
        for (var i = 0; i < 2000; i++)
        {
            var bytes = new byte[random.Next(60)];
            random.NextBytes(bytes);
            var encoded = new byte[HpackHuffman.EncodedLength(bytes)];
            HpackHuffman.Encode(bytes, encoded);
            sink.Clear();
            Assert.That(HpackHuffman.TryDecode(encoded, sink), Is.True);
            Assert.That(sink.Written.SequenceEqual(bytes), Is.True);
        }
    }

    [Test]
    public void WarmCodec_AllocatesNothing()
    {
        var encoder = new HpackEncoder();
        var decoder = new HpackDecoder();
        var sink = new ByteSink();
        var counter = 0;
        Exchange(2000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var fields = Exchange(2000);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(fields, Is.EqualTo(2000 * 4));

        int Exchange(int blocks)
        {
            var read = 0;
            Span<byte> value = stackalloc byte[8];
            for (var i = 0; i < blocks; i++)
            {
                counter++;
                System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(value, counter % 500);
                sink.Clear();
                encoder.BeginBlock(sink);
                encoder.Write(HeaderId.Method, ":method"u8, "GET"u8, false, sink);
                encoder.Write(HeaderId.Path, ":path"u8, "/some/path/that/is/long"u8, false, sink);
                encoder.Write(HeaderId.UserAgent, "user-agent"u8, "Mozilla/5.0 (X11; Linux x86_64)"u8, false, sink);
                encoder.Write(HeaderId.Other, "x-changes"u8, value, false, sink);
                ReadOnlySpan<byte> block = sink.Written;
                decoder.BeginBlock();
                while (decoder.Next(ref block, out _) == HpackStep.Field)
                    read++;
            }

            return read;
        }
    }

    private static string Name(Random random) => random.Next(3) switch
    {
        0 => HpackStaticTableName(random),
        1 => "x-" + random.Next(20),
        _ => new string('n', random.Next(1, 200)),
    };

    private static string HpackStaticTableName(Random random) => System.Text.Encoding.ASCII.GetString(HpackStaticTable.NameOf(random.Next(1, 62)));

    private static string Value(Random random)
    {
        if (random.Next(4) == 0)
            return "v" + random.Next(3);
        var bytes = new byte[random.Next(2) == 0 ? random.Next(20) : random.Next(400)];
        random.NextBytes(bytes);
        return System.Text.Encoding.Latin1.GetString(bytes);
    }
}
