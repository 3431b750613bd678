using System.Text;
using Envoy.Buffers;
using Envoy.Filters.Http.GrpcWeb;
using Envoy.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Filters.Tests.Http.GrpcWeb;

[TestFixture]
internal sealed class GrpcWebTextTests
{
    // A message of three bytes, an empty one, trailers.
    private static readonly byte[][] Frames = [[0, 0, 0, 0, 3, 1, 2, 3], [0, 0, 0, 0, 0], [0x80, 0, 0, 0, 2, (byte)'a', (byte)':']];

    private Worker _worker = null!;

    [SetUp]
    public void MakeWorker() =>
        _worker = new Worker(0, "text", new WorkerOptions { Engine = Engines.Select(EngineKind.Auto), TimeProvider = TimeProvider.System, Logger = NullLogger.Instance });

    [TearDown]
    public void StopWorker() => _worker.Stop();

    [Test]
    public void Decode_PiecesOfAnySize_OfTextsWithPaddingOfTheirOwn_GivesTheBytes([Range(1, 30)] int size)
    {
        var decoder = new GrpcWebTextDecoder();
        var bytes = new ByteQueue(_worker);
        foreach (var piece in Text().Chunk(size))
            Assert.That(decoder.TryDecode(piece, bytes), Is.True);
        Assert.That(bytes.ToArray(), Is.EqualTo(Frames.SelectMany(f => f)));
        Assert.That(decoder.IsIncomplete, Is.False);
    }

    [Test]
    public void Encode_PiecesOfAnySize_GivesATextForEachFrame([Range(1, 20)] int size)
    {
        var encoder = new GrpcWebTextEncoder();
        var (data, text) = (new ByteQueue(_worker), new ByteQueue(_worker));
        foreach (var piece in Frames.SelectMany(f => f).Chunk(size))
        {
            data.Append(piece);
            encoder.Encode(data, text);
            Assert.That(data.IsEmpty, Is.True);
        }

        Assert.That(text.ToArray(), Is.EqualTo(Text()));
    }

    [Test]
    public void EncodedAnyhow_DecodedAnyhow_IsWhatItWas()
    {
        var random = new Random(1);
        for (var round = 0; round < 200; round++)
        {
            var encoder = new GrpcWebTextEncoder();
            var decoder = new GrpcWebTextDecoder();
            var (data, text, bytes) = (new ByteQueue(_worker), new ByteQueue(_worker), new ByteQueue(_worker));
            var body = new List<byte>();
            for (var frames = random.Next(4); frames >= 0; frames--)
            {
                var message = new byte[random.Next(3) == 0 ? random.Next(100_000) : random.Next(8)];
                random.NextBytes(message);
                body.AddRange([0, 0, (byte)(message.Length >> 16), (byte)(message.Length >> 8), (byte)message.Length, .. message]);
            }

            for (var at = 0; at < body.Count;)
            {
                var piece = body.Skip(at).Take(1 + random.Next(50_000)).ToArray();
                at += piece.Length;
                data.Append(piece);
                encoder.Encode(data, text);
            }

            var whole = text.ToArray();
            for (var at = 0; at < whole.Length;)
            {
                var length = Math.Min(whole.Length - at, 1 + random.Next(50_000));
                Assert.That(decoder.TryDecode(whole.AsSpan(at, length), bytes), Is.True);
                at += length;
            }

            Assert.That(bytes.ToArray().SequenceEqual(body), Is.True);
        }
    }

    [TestCase("A===")]
    [TestCase("====")]
    [TestCase("AA=A")]
    [TestCase("AAA*")]
    [TestCase("AA A")]
    [TestCase("AA-_")]
    [TestCase("AB==")]
    [TestCase("AAB=")]
    [TestCase("AAA\u00e9")]
    public void Decode_WhatIsNoBase64_SaysSo_HoweverItIsCut(string text)
    {
        foreach (var size in new[] { 1, 2, 3, 4 })
        {
            var decoder = new GrpcWebTextDecoder();
            var bytes = new ByteQueue(_worker);
            Assert.That(Encoding.Latin1.GetBytes(text).Chunk(size).All(p => decoder.TryDecode(p, bytes)), Is.False);
            bytes.Clear();
        }
    }

    [Test]
    public void Decode_LessThanFour_IsIncomplete()
    {
        var decoder = new GrpcWebTextDecoder();
        var bytes = new ByteQueue(_worker);
        Assert.That(decoder.TryDecode("AAAAAAA"u8, bytes), Is.True);
        Assert.That((bytes.Length, decoder.IsIncomplete), Is.EqualTo((3, true)));
        decoder.Clear();
        Assert.That(decoder.TryDecode("AAAA"u8, bytes), Is.True);
        Assert.That((bytes.Length, decoder.IsIncomplete), Is.EqualTo((6, false)));
    }

    private static byte[] Text() => Encoding.ASCII.GetBytes(string.Concat(Frames.Select(Convert.ToBase64String)));
}
