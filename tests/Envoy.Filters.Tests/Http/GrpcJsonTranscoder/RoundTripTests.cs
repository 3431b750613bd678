using System.Text.Json;
using Envoy.Filters.Http.GrpcJsonTranscoder.Json;
using Envoy.Protos.Shop;
using Google.Protobuf;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>Messages made at random, beside protobuf's own JSON.</summary>
[TestFixture]
internal sealed class RoundTripTests
{
    private const int Messages = 400;

    [Test]
    public void Write_RandomMessage_IsTheSameJsonAsProtobufs([Range(1, 5)] int seed)
    {
        var (engine, messages) = (Engine.New(), new RandomMessages(seed));
        for (var i = 0; i < Messages; i++)
        {
            var message = messages.Next<Everything>();
            var ours = engine.Write(message);
            Assert.That(ours, Is.Not.Null, engine.Error);
            Assert.That(IsSame(ours!, Engine.Formatter.Format(message)), Is.True, () => $"{ours}\n{Engine.Formatter.Format(message)}");
        }
    }

    [Test]
    public void Write_AllOptions_ReadsBackAsTheMessage([Values] bool indents, [Values] bool defaults, [Values] bool numbers, [Values] bool protoNames)
    {
        var (engine, messages) = (Engine.New(), new RandomMessages(6));
        for (var i = 0; i < Messages / 4; i++)
        {
            var message = messages.Next<Everything>();
            var ours = engine.Write(message, new PrintSettings(indents, defaults, numbers, protoNames));
            Assert.That(ours, Is.Not.Null, engine.Error);
            Assert.That(Engine.Formatter.Format(Engine.Parser.Parse<Everything>(ours)), Is.EqualTo(Engine.Formatter.Format(message)), ours);
        }
    }

    [Test]
    public void Write_Defaults_IsTheSameJsonAsProtobufs()
    {
        var (engine, messages) = (Engine.New(), new RandomMessages(7));
        var formatter = new JsonFormatter(JsonFormatter.Settings.Default.WithFormatDefaultValues(true).WithTypeRegistry(Engine.Registry));
        for (var i = 0; i < Messages; i++)
        {
            var message = messages.Next<Everything>();
            var ours = engine.Write(message, new PrintSettings(AlwaysPrintsDefaults: true));
            Assert.That(IsSame(ours!, formatter.Format(message)), Is.True, () => $"{ours}\n{formatter.Format(message)}");
        }
    }

    [Test]
    public void Read_ProtobufsJson_IsTheMessage([Range(11, 15)] int seed)
    {
        var (engine, messages) = (Engine.New(), new RandomMessages(seed));
        for (var i = 0; i < Messages; i++)
        {
            var message = messages.Next<Everything>();
            var json = Engine.Formatter.Format(message);
            var ours = engine.Read<Everything>(json);
            Assert.That(ours, Is.Not.Null, () => engine.Error + "\n" + json);
            // Not the messages themselves: in an Any they are bytes, which may say the same in two ways.
            Assert.That(Engine.Formatter.Format(ours), Is.EqualTo(json));
        }
    }

    [Test]
    public void Write_FieldsInAnyOrderAndParts_IsTheMergedMessage()
    {
        var (engine, messages, compared) = (Engine.New(), new RandomMessages(21), 0);
        for (var i = 0; i < Messages; i++)
        {
            // What stands on the wire twice is merged, or the last counts: protobuf's parser is asked what it is.
            var wire = (byte[])[.. messages.Next<Everything>().ToByteArray(), .. messages.Next<Everything>().ToByteArray()];
            var merged = Everything.Parser.ParseFrom(wire);
            var ours = engine.Write(Everything.Descriptor, wire);
            // Two durations may be merged to one that is none.
            if (ours is null && engine.Error == "Duration is out of range.")
                continue;
            compared++;
            Assert.That(ours, Is.Not.Null, engine.Error);
            Assert.That(IsSame(ours!, Engine.Formatter.Format(merged)), Is.True, () => $"{ours}\n{Engine.Formatter.Format(merged)}");
        }

        Assert.That(compared, Is.GreaterThan(Messages / 2));
    }

    [Test]
    public void Write_CutOrChangedBytes_IsJsonOrAnError()
    {
        var (engine, messages, random) = (Engine.New(), new RandomMessages(22), new Random(22));
        var failed = 0;
        for (var i = 0; i < Messages * 4; i++)
        {
            var wire = messages.Next<Everything>().ToByteArray();
            if (wire.Length == 0)
                continue;
            if (random.Next(2) == 0)
                wire = wire[..random.Next(wire.Length)];
            else
                wire[random.Next(wire.Length)] ^= (byte)(1 << random.Next(8));
            if (engine.Write(Everything.Descriptor, wire) is { } json)
                Assert.That(() => JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 300 }).Dispose(), Throws.Nothing, json);
            else
                failed++;
        }

        Assert.That(failed, Is.GreaterThan(Messages / 2));
    }

    [Test]
    public void Read_CutOrChangedText_IsAMessageOrAnError()
    {
        var (engine, messages, random) = (Engine.New(), new RandomMessages(23), new Random(23));
        var failed = 0;
        for (var i = 0; i < Messages * 4; i++)
        {
            var json = System.Text.Encoding.UTF8.GetBytes(Engine.Formatter.Format(messages.Next<Everything>()));
            if (random.Next(2) == 0)
                json = json[..random.Next(json.Length)];
            else
                json[random.Next(json.Length)] = (byte)random.Next(256);
            if (json.Length > 0 && engine.Read<Everything>(json) is null)
                failed++;
        }

        Assert.That(failed, Is.GreaterThan(Messages));
    }

    private static bool IsSame(string left, string right)
    {
        using var a = JsonDocument.Parse(left);
        using var b = JsonDocument.Parse(right);
        return JsonElement.DeepEquals(a.RootElement, b.RootElement);
    }
}
