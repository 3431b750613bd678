using Envoy.Buffers;
using Envoy.Filters.Common.Grpc;
using Envoy.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Filters.Tests.Common.Grpc;

[TestFixture]
internal sealed class GrpcFrameReaderTests
{
    // Three frames: a message of three bytes, an empty one, a compressed one of one byte.
    private static readonly byte[] Body = [0, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 9];

    private Worker _worker = null!;

    [SetUp]
    public void MakeWorker() =>
        _worker = new Worker(0, "frames", new WorkerOptions { Engine = Engines.Select(EngineKind.Auto), TimeProvider = TimeProvider.System, Logger = NullLogger.Instance });

    [TearDown]
    public void StopWorker() => _worker.Stop();

    [Test]
    public void Take_PiecesOfAnySize_GivesTheMessages([Range(1, 19)] int size)
    {
        var reader = new GrpcFrameReader();
        var (source, message) = (new ByteQueue(_worker), new ByteQueue(_worker));
        var messages = new List<string>();
        for (var at = 0; at < Body.Length; at += size)
        {
            source.Append(Body.AsSpan(at, Math.Min(size, Body.Length - at)));
            while (true)
            {
                var found = reader.Take(source, message);
                if (found == GrpcFrameEvent.NeedMore)
                    break;
                if (found == GrpcFrameEvent.Header)
                    continue;
                Assert.That(found, Is.EqualTo(GrpcFrameEvent.End));
                Assert.That(message.Length, Is.EqualTo(reader.Length));
                messages.Add($"{reader.Flags}:{Convert.ToHexString(message.ToArray())}");
                message.Clear();
            }

            Assert.That(source.IsEmpty, Is.True);
        }

        Assert.That(messages, Is.EqualTo(["0:010203", "0:", "1:09"]));
        Assert.That(reader.IsBetweenFrames, Is.True);
    }

    [Test]
    public void Watch_PiecesOfAnySize_CountsEachFrameWhenItBegins([Range(1, 19)] int size)
    {
        var reader = new GrpcFrameReader();
        var data = new ByteQueue(_worker);
        for (var at = 0; at < Body.Length; at += size)
        {
            var piece = Body.AsSpan(at, Math.Min(size, Body.Length - at));
            data.Append(piece);
            var before = reader.Frames;
            var began = reader.Watch(data);
            Assert.That(reader.Frames, Is.EqualTo(before + began));
            var seen = at + piece.Length;
            Assert.That(reader.Frames, Is.EqualTo((seen > 0 ? 1 : 0) + (seen > 8 ? 1 : 0) + (seen > 13 ? 1 : 0)), $"after {seen} bytes");
            Assert.That(data.Length, Is.EqualTo(piece.Length), "what passes by stays as it is");
            data.Clear();
        }

        Assert.That(reader.IsBetweenFrames, Is.True);
    }

    [Test]
    public void Take_MessageCutShort_IsNotBetweenFrames([Range(1, 7)] int length)
    {
        var reader = new GrpcFrameReader();
        var (source, message) = (new ByteQueue(_worker), new ByteQueue(_worker));
        source.Append(Body.AsSpan(0, length));
        while (reader.Take(source, message) != GrpcFrameEvent.NeedMore)
        {
        }

        Assert.That(reader.IsBetweenFrames, Is.False);
        reader.Clear();
        Assert.That(reader.IsBetweenFrames, Is.True);
    }

    [TestCase(0u, 0xffffffffu, GrpcFrameEvent.Header)]
    [TestCase(10u, 10u, GrpcFrameEvent.Header)]
    [TestCase(10u, 11u, GrpcFrameEvent.TooLong)]
    public void Header_LengthAboveTheLimit_IsTooLong(uint limit, uint length, GrpcFrameEvent expected)
    {
        var reader = new GrpcFrameReader(limit);
        var header = new byte[GrpcFrameReader.HeaderLength];
        GrpcFrameReader.WriteHeader(header, 0, length);
        Assert.That(reader.Read(header, out var used), Is.EqualTo(expected));
        Assert.That(used, Is.EqualTo(5));
        Assert.That(reader.Length, Is.EqualTo(length));
        if (expected == GrpcFrameEvent.TooLong)
            Assert.That(reader.Read([0], out _), Is.EqualTo(expected), "it stays so");
    }

    [TestCase(0, GrpcFrameEvent.Header)]
    [TestCase(1, GrpcFrameEvent.Header)]
    [TestCase(2, GrpcFrameEvent.BadFlags)]
    [TestCase(0x80, GrpcFrameEvent.BadFlags)]
    public void Header_FlagsThatAreNotAllowed_AreBad(byte flags, GrpcFrameEvent expected)
    {
        var reader = new GrpcFrameReader(allowedFlags: GrpcFrameReader.Compressed);
        Assert.That(reader.Read([flags, 0, 0, 0, 0], out _), Is.EqualTo(expected));
        Assert.That(reader.Frames, Is.EqualTo(expected == GrpcFrameEvent.Header ? 1 : 0));
    }

    [Test]
    public void Watch_BadFrame_Ends()
    {
        var reader = new GrpcFrameReader(maxLength: 1);
        var data = new ByteQueue(_worker);
        data.Append(Body);
        Assert.That(reader.Watch(data), Is.EqualTo(1));
        Assert.That(reader.Watch(data), Is.Zero);
        Assert.That(reader.IsBetweenFrames, Is.False);
    }
}
