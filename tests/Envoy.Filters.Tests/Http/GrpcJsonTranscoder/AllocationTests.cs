using System.Text;
using Envoy.Buffers;
using Envoy.Filters.Http.GrpcJsonTranscoder.Json;
using Envoy.Filters.Http.GrpcJsonTranscoder.Paths;
using Envoy.Protos;
using Envoy.Protos.Shop;
using Google.Protobuf;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>What a request costs once everything is in place.</summary>
[TestFixture]
internal sealed class AllocationTests
{
    [TestCase(false)]
    [TestCase(true)]
    public void Call_InTheSteadyState_AllocatesNothing(bool defaults)
    {
        var config = TranscoderSnapshot.Compile(Mapping.Options() with { PrintOptions = new TranscoderPrintOptions { AlwaysPrintPrimitiveFields = defaults } });
        var (matcher, bindings, unknown, reader, writer, frame) = (new RequestMatcher(), new BindingTree(), new UnknownParameters(), new JsonToProto(), new ProtoToJson(), new ByteSink());
        var target = Encoding.ASCII.GetBytes("/v1/shelves/5/items?item.tags=a&item.tags=b%20c&item.filter.since=2020-01-01T00:00:00Z");
        var body = Encoding.UTF8.GetBytes("""{"title":"a\u00e9b","color":"RED","labels":{"x":"y","z":"w"},"filter":{"mask":"a,fooBar","sizes":[1,2]},"extra":{"a":[1,{"b":null}]}}""");
        var answer = new Item
        {
            Id = 7,
            Title = "x",
            Tags = { "a", "b" },
            Color = Color.Red,
            Labels = { ["a"] = "b", ["c"] = "d" },
            Filter = new Filter { Since = new() { Seconds = 1 }, Within = new() { Nanos = 1 }, Mask = new() { Paths = { "a_b" } }, Weight = 1.5, Sizes = { 1, 2 }, AtLeast = 3 },
        }.ToByteArray();

        void Call()
        {
            bindings.Clear();
            var found = matcher.Match(config, "POST"u8, target, bindings, unknown, out var rule);
            var read = reader.TryConvert(config.Json, rule!.Method.Input, rule.Body, body, bindings);
            frame.Clear();
            reader.Output.CopyTo(frame);
            writer.Input.Clear();
            writer.Input.Append(answer);
            writer.Output.Clear();
            var written = writer.TryConvert(config.Types, config.Print, rule.Method.Output, rule.ResponseBody);
            if (found != RequestMatcher.Outcome.Found || !read || !written)
                throw new InvalidOperationException(reader.Error + writer.Error);
        }

        for (var i = 0; i < 100; i++)
            Call();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Call();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }
}
