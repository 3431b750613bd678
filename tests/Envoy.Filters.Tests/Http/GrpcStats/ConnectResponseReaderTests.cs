using System.Text;
using Envoy.Buffers;
using Envoy.Filters.Http.GrpcStats;
using Envoy.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Filters.Tests.Http.GrpcStats;

[TestFixture]
internal sealed class ConnectResponseReaderTests
{
    private Worker _worker = null!;

    [SetUp]
    public void MakeWorker() =>
        _worker = new Worker(0, "connect", new WorkerOptions { Engine = Engines.Select(EngineKind.Auto), TimeProvider = TimeProvider.System, Logger = NullLogger.Instance });

    [TearDown]
    public void StopWorker() => _worker.Stop();

    [TestCase("{}", true)]
    [TestCase("""{"metadata":{"error":["x"]}}""", true)]
    [TestCase("""{"error":{"code":"unavailable"}}""", false)]
    [TestCase("{", false)]
    [TestCase("", false)]
    public void Watch_PiecesOfAnySize_CountsMessages_AndReadsTheEnd(string end, bool success)
    {
        byte[] body = [.. Frame(0, "one"), .. Frame(1, ""), .. Frame(2, end), .. Frame(0, "nobody's")];
        for (var size = 1; size <= body.Length; size++)
        {
            var reader = new ConnectResponseReader();
            var data = new ByteQueue(_worker);
            var messages = 0L;
            foreach (var piece in body.Chunk(size))
            {
                data.Append(piece);
                var more = reader.Watch(data);
                Assert.That(more, Is.Not.Negative);
                messages += more;
                Assert.That(data.ToArray(), Is.EqualTo(piece));
                data.Clear();
            }

            Assert.That((messages, reader.Succeeded), Is.EqualTo((2L, success)), $"in pieces of {size}");
        }
    }

    [Test]
    public void Watch_AnEndWithoutMeasure_IsAFailure()
    {
        var reader = new ConnectResponseReader();
        var data = new ByteQueue(_worker);
        data.Append(Frame(2, "{\"metadata\":{\"a\":[\"" + new string('x', 20_000) + "\"]}}"));
        Assert.That((reader.Watch(data), reader.Succeeded), Is.EqualTo((0L, false)));
        data.Clear();
    }

    private static byte[] Frame(byte flags, string text) => [flags, 0, 0, (byte)(text.Length >> 8), (byte)text.Length, .. Encoding.UTF8.GetBytes(text)];
}
