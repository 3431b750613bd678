using System.Text;
using System.Text.Json;
using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Hpack;

namespace Envoy.Conformance.Tests.Hpack;

/// <summary>Header blocks of fourteen encoders, a decoder a story; and what our encoder makes of the same headers, read back.</summary>
public sealed class HpackStoryTests
{
    private static readonly string[] Nowhere = ["the stories are not here"];

    [TestCaseSource(nameof(Encoders))]
    public void Stories_OfAnEncoder_YieldTheirHeaders(string encoder)
    {
        var blocks = 0;
        foreach (var story in Stories(encoder))
        {
            var decoder = new HpackDecoder();
            foreach (var (wire, tableSize, headers) in Cases(story))
            {
                if (tableSize >= 0)
                    decoder.SetSizeLimit(tableSize);
                Assert.That(Decode(decoder, wire), Is.EqualTo(headers), $"{story}, block {blocks}");
                blocks++;
            }
        }

        Assert.That(blocks, Is.Positive);
        TestContext.Out.WriteLine($"{blocks} blocks");
    }

    [Test]
    public void Headers_OfEveryStory_ComeThroughOurEncoder()
    {
        long plain = 0, encoded = 0;
        foreach (var story in Stories("raw-data"))
        {
            var decoder = new HpackDecoder();
            var encoder = new HpackEncoder();
            var sink = new ByteSink();
            foreach (var (_, _, headers) in Cases(story))
            {
                sink.Clear();
                encoder.BeginBlock(sink);
                foreach (var (name, value) in headers)
                {
                    var bytes = Encoding.Latin1.GetBytes(name);
                    encoder.Write(HeaderNames.Find(bytes), bytes, Encoding.Latin1.GetBytes(value), neverIndexed: false, sink);
                    plain += name.Length + value.Length;
                }

                encoded += sink.Length;
                Assert.That(Decode(decoder, sink.Written.ToArray()), Is.EqualTo(headers), story);
            }
        }

        TestContext.Out.WriteLine($"{encoded} bytes of {plain}");
        Assert.That(encoded, Is.LessThan(plain / 2));
    }

    internal static IEnumerable<(byte[] Wire, int TableSize, List<(string Name, string Value)> Headers)> Cases(string story)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(story));
        foreach (var test in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            var headers = test.GetProperty("headers").EnumerateArray().Select(h => h.EnumerateObject().First()).Select(p => (p.Name, p.Value.GetString()!)).ToList();
            var wire = test.TryGetProperty("wire", out var hex) ? Convert.FromHexString(hex.GetString()!) : [];
            yield return (wire, test.TryGetProperty("header_table_size", out var size) && size.ValueKind == JsonValueKind.Number ? size.GetInt32() : -1, headers);
        }
    }

    internal static IEnumerable<string> Stories(string encoder) =>
        Directory.EnumerateFiles(Path.Combine(ConformanceData.Find("hpack/stories"), encoder), "*.json").Order(StringComparer.Ordinal);

    private static IEnumerable<string> Encoders() => ConformanceData.TryFind("hpack/stories") is { } folder
        ? Directory.EnumerateDirectories(folder).Select(d => Path.GetFileName(d)!).Where(n => n != "raw-data").Order(StringComparer.Ordinal)
        : Nowhere;

    private static List<(string Name, string Value)> Decode(HpackDecoder decoder, ReadOnlySpan<byte> block)
    {
        var fields = new List<(string, string)>();
        decoder.BeginBlock();
        HpackStep step;
        while ((step = decoder.Next(ref block, out var field)) == HpackStep.Field)
            fields.Add((Encoding.UTF8.GetString(field.Name), Encoding.UTF8.GetString(field.Value)));
        Assert.That(step, Is.EqualTo(HpackStep.End), decoder.Error);
        return fields;
    }
}
