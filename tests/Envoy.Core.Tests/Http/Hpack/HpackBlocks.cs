using System.Text;
using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Hpack;

namespace Envoy.Core.Tests.Http.Hpack;

/// <summary>Header blocks as lists of text.</summary>
internal static class HpackBlocks
{
    /// <summary>The fields of a block, or null and why not.</summary>
    public static (List<(string Name, string Value)>? Fields, string Error) Decode(this HpackDecoder decoder, ReadOnlySpan<byte> block)
    {
        var fields = new List<(string, string)>();
        decoder.BeginBlock();
        while (true)
        {
            switch (decoder.Next(ref block, out var field))
            {
                case HpackStep.Field:
                    Assert.That(field.Id, Is.EqualTo(HeaderNames.Find(field.Name)));
                    fields.Add((Encoding.Latin1.GetString(field.Name), Encoding.Latin1.GetString(field.Value)));
                    continue;
                case HpackStep.End:
                    return (fields, "");
                default:
                    return (null, decoder.Error);
            }
        }
    }

    public static byte[] Encode(this HpackEncoder encoder, IEnumerable<(string Name, string Value)> fields)
    {
        var sink = new ByteSink();
        encoder.BeginBlock(sink);
        foreach (var (name, value) in fields)
        {
            var bytes = Encoding.Latin1.GetBytes(name);
            encoder.Write(HeaderNames.Find(bytes), bytes, Encoding.Latin1.GetBytes(value), neverIndexed: false, sink);
        }

        return sink.Written.ToArray();
    }
}
