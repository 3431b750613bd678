using Envoy.Buffers;
using Envoy.Fuzz.Engine;
using Envoy.Http.Hpack;

namespace Envoy.Fuzz.Targets;

/// <summary>
/// Header blocks of any bytes: two in a row through one decoder. What is read goes through the encoder and a decoder of its own, and must come back
/// as it was. Used by one thread.
/// </summary>
internal sealed class HpackTarget : IFuzzTarget
{
    private readonly ByteSink _sink = new();

    public string Name => "hpack";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        Convert.FromHexString("828684410f7777772e6578616d706c652e636f6d"),
        Convert.FromHexString("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"),
        Convert.FromHexString("203f45400a637573746f6d2d6b65790d637573746f6d2d686561646572be10087061737377"),
        Convert.FromHexString("88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"),
    ];

    public IReadOnlyList<byte[]> Words { get; } = [[0x20], [0x3f, 0xe1, 0x1f], [0x40, 1, (byte)'a', 1, (byte)'b'], [0xbe], [0xff, 0x80], [0x10], [0x81, 0xff]];

    public int MostBytes => 400;

    public ulong Run(ReadOnlySpan<byte> input)
    {
        var decoder = new HpackDecoder();
        var encoder = new HpackEncoder();
        var again = new HpackDecoder();
        var half = input.Length / 2;
        var way = Read(decoder, encoder, again, input[..half]);
        return (way * 31) ^ Read(decoder, encoder, again, input[half..]);
    }

    private ulong Read(HpackDecoder decoder, HpackEncoder encoder, HpackDecoder again, ReadOnlySpan<byte> block)
    {
        var way = 17ul;
        decoder.BeginBlock();
        while (true)
        {
            var step = decoder.Next(ref block, out var field);
            way = (way ^ (ulong)step ^ ((ulong)Math.Min(decoder.TableSize, 4096) << 4)) * 1099511628211;
            if (decoder.TableSize > 4096)
                throw new InvalidOperationException("The table is larger than it may be.");
            if (step != HpackStep.Field)
                return way;
            Check(field, encoder, again);
        }
    }

    private void Check(HpackField field, HpackEncoder encoder, HpackDecoder again)
    {
        _sink.Clear();
        encoder.BeginBlock(_sink);
        encoder.Write(field.Id, field.Name, field.Value, field.NeverIndexed, _sink);
        ReadOnlySpan<byte> block = _sink.Written;
        again.BeginBlock();
        if (again.Next(ref block, out var read) != HpackStep.Field || !read.Name.SequenceEqual(field.Name) || !read.Value.SequenceEqual(field.Value))
            throw new InvalidOperationException("A field did not come back as it was.");
        if (!block.IsEmpty || again.TableSize != encoder.TableSize)
            throw new InvalidOperationException("The tables are out of step.");
    }
}
