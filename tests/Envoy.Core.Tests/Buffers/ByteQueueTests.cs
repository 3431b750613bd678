using Envoy.Buffers;
using Envoy.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Tests.Buffers;

[TestFixture]
internal sealed class ByteQueueTests
{
    private Worker _worker = null!;

    [SetUp]
    public void MakeWorker() =>
        _worker = new Worker(0, "queues", new WorkerOptions { Engine = Engines.Select(EngineKind.Auto), TimeProvider = TimeProvider.System, Logger = NullLogger.Instance });

    [TearDown]
    public void StopWorker() => _worker.Stop();

    [Test]
    public void Queues_RandomUse_HoldWhatListsWould([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var queues = Enumerable.Range(0, 4).Select(_ => new ByteQueue(_worker)).ToArray();
        var models = queues.Select(_ => new List<byte>()).ToArray();
        for (var step = 0; step < 3000; step++)
        {
            var i = random.Next(queues.Length);
            var (queue, model) = (queues[i], models[i]);
            switch (random.Next(8))
            {
                case 0 or 1:
                    var bytes = Bytes(random);
                    queue.Append(bytes);
                    model.AddRange(bytes);
                    break;
                case 2:
                    bytes = Bytes(random);
                    var span = queue.GetSpan(Math.Min(bytes.Length, SlabPool.SlabSize));
                    Assert.That(span.Length, Is.GreaterThanOrEqualTo(Math.Min(bytes.Length, SlabPool.SlabSize)));
                    var written = Math.Min(bytes.Length, span.Length);
                    bytes.AsSpan(0, written).CopyTo(span);
                    // Between the two, others may let bytes go.
                    if (random.Next(2) == 0)
                        Drain(random, queues, models, random.Next(queues.Length));
                    queue.Advance(written);
                    model.AddRange(bytes[..written]);
                    break;
                case 3 or 4:
                    var from = random.Next(queues.Length);
                    var count = Part(random, models[from].Count);
                    queue.MoveFrom(queues[from], count);
                    var moved = models[from].GetRange(0, count);
                    models[from].RemoveRange(0, count);
                    models[i].AddRange(moved);
                    break;
                case 5 or 6:
                    Drain(random, queues, models, i);
                    break;
                default:
                    var copy = new byte[Part(random, model.Count + 10)];
                    var copied = queue.CopyTo(copy);
                    Assert.That(copied, Is.EqualTo(Math.Min(copy.Length, model.Count)));
                    Assert.That(copy.AsSpan(0, copied).SequenceEqual(model.GetRange(0, copied).ToArray()), Is.True);
                    break;
            }

            // The invariants of the one that was touched, and now and then every byte of all.
            Assert.That(queue.Length, Is.EqualTo(model.Count));
            Assert.That(queue.IsEmpty, Is.EqualTo(model.Count == 0));
            Assert.That(queue.FirstSpan.IsEmpty, Is.EqualTo(model.Count == 0));
            if (step % 50 == 0)
                AssertSame(queues, models);
            if (model.Count > 400_000)
                Empty(queue, model);
        }

        AssertSame(queues, models);
        for (var i = 0; i < queues.Length; i++)
            Empty(queues[i], models[i]);
        Assert.That(SlabPool.Of(_worker).SlabsInUse, Is.Zero);
    }

    [Test]
    public void Segments_OfAQueue_AreItsBytesInOrder()
    {
        var queue = new ByteQueue(_worker);
        var other = new ByteQueue(_worker);
        for (var i = 0; i < 10; i++)
        {
            queue.Append(new byte[1000]);
            other.Append([(byte)i]);
        }

        queue.Append(other);
        var segments = new ArraySegment<byte>[64];
        var count = queue.GetSegments(segments);
        Assert.That(segments.Take(count).SelectMany(s => s).ToArray(), Is.EqualTo(queue.ToArray()));
        Assert.That(queue.GetSegments(segments.AsSpan(0, 1)), Is.EqualTo(1));
        queue.Clear();
    }

    [Test]
    public void MoveFrom_SameQueue_TurnsItAround()
    {
        var queue = new ByteQueue(_worker);
        queue.Append("abcdef"u8);
        queue.MoveFrom(queue, 2);
        Assert.That(queue.ToString(), Is.EqualTo("cdefab"));
        queue.Clear();
        Assert.That(SlabPool.Of(_worker).SlabsInUse, Is.Zero);
    }

    [Test]
    public void Advance_AfterTheLastBytesWentMeanwhile_AddsWhatWasWritten()
    {
        var queue = new ByteQueue(_worker);
        queue.Append("old"u8);
        "new"u8.CopyTo(queue.GetSpan(3));
        queue.Drain(3);
        queue.Advance(3);
        Assert.That(queue.ToString(), Is.EqualTo("new"));
        queue.Clear();
    }

    [Test]
    public void Drain_AndMove_MoreThanThereIs_Throw()
    {
        var queue = new ByteQueue(_worker);
        queue.Append("abc"u8);
        var other = new ByteQueue(_worker);
        Assert.That(() => queue.Drain(4), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => queue.Drain(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => other.MoveFrom(queue, 4), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => queue.Advance(SlabPool.SlabSize + 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => queue.GetMemory(SlabPool.SlabSize + 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(queue.Length, Is.EqualTo(3));
    }

    [Test]
    public void Queues_SteadyState_AllocateNothing()
    {
        var random = new Random(5);
        var first = new ByteQueue(_worker);
        var second = new ByteQueue(_worker);
        var bytes = new byte[40_000];
        var copy = new byte[50_000];
        long Round()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 500; i++)
            {
                first.Append(bytes.AsSpan(0, random.Next(1, bytes.Length)));
                second.MoveFrom(first, first.Length / 2);
                second.GetSpan(100);
                second.Advance(100);
                second.Append(first);
                second.CopyTo(copy);
                second.Drain(second.Length / 2);
                if (i % 8 == 0)
                    second.Clear();
            }

            second.Clear();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        for (var i = 0; i < 4; i++)
            Round();
        Assert.That(Round(), Is.Zero);
    }

    private static void Drain(Random random, ByteQueue[] queues, List<byte>[] models, int i)
    {
        var count = Part(random, models[i].Count);
        queues[i].Drain(count);
        models[i].RemoveRange(0, count);
    }

    private static void Empty(ByteQueue queue, List<byte> model)
    {
        queue.Clear();
        model.Clear();
    }

    private static void AssertSame(ByteQueue[] queues, List<byte>[] models)
    {
        for (var i = 0; i < queues.Length; i++)
        {
            Assert.That(queues[i].ToArray().AsSpan().SequenceEqual(models[i].ToArray()), Is.True);
            var enumerated = new List<byte>();
            foreach (var span in queues[i])
            {
                Assert.That(span.IsEmpty, Is.False);
                enumerated.AddRange(span);
            }

            Assert.That(enumerated.SequenceEqual(models[i]), Is.True);
        }
    }

    /// <summary>Few bytes mostly, now and then more than a slab.</summary>
    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[random.Next(4) == 0 ? random.Next(100_000) : random.Next(600)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static int Part(Random random, int all) => random.Next(4) == 0 ? all : random.Next(all + 1);
}
