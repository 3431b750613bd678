using System.Buffers;
using System.Buffers.Text;
using Envoy.Buffers;
using Envoy.Filters.Http.GrpcStats;
using Envoy.Filters.Http.GrpcWeb;
using Envoy.Fuzz.Engine;
using Envoy.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Fuzz.Targets;

/// <summary>
/// grpc-web-text both ways, and what is read of the Connect protocol: however the bytes are cut the outcome is the same, what is decoded is what anybody
/// else decodes, and what is encoded decodes to what it was. Used by one thread.
/// </summary>
internal sealed class GrpcWebTarget : IFuzzTarget
{
    private readonly GrpcWebTextDecoder _decoder = new();
    private readonly GrpcWebTextEncoder _encoder = new();
    private readonly ConnectResponseReader _connect = new();
    private readonly FuzzRandom _random = new(0);
    private readonly ByteQueue _data;
    private readonly ByteQueue _out;

    public GrpcWebTarget()
    {
        var worker = new Worker(0, "grpcweb", new WorkerOptions { Engine = Engines.Select(EngineKind.Portable), TimeProvider = TimeProvider.System, Logger = NullLogger.Instance });
        _data = new ByteQueue(worker);
        _out = new ByteQueue(worker);
    }

    public string Name => "grpcweb";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. Corpus.Bytes("0AAAAAAMBAgM=AAAAAAA=gAAAAAJhOg==", "0AAAA", "0AA=="),
        [(byte)'1', 0, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 2, (byte)'a', (byte)':'],
        [(byte)'2', 0, 0, 0, 0, 1, 7, 2, 0, 0, 0, 2, (byte)'{', (byte)'}'],
    ];

    public IReadOnlyList<byte[]> Words { get; } = [.. Corpus.Bytes("=", "==", "AAAA", "{\"error\":", "{}"), [0, 0, 0, 0], [0, 0, 0, 1], [2, 0, 0, 0, 2]];

    public int MostBytes => 600;

    public ulong Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return 0;
        _random.Reset(FuzzRandom.SeedOf(input));
        var bytes = input[1..];
        return input[0] switch
        {
            (byte)'1' => RunEncoder(bytes),
            (byte)'2' => RunConnect(bytes),
            _ => RunDecoder(bytes),
        };
    }

    private ulong RunDecoder(ReadOnlySpan<byte> text)
    {
        var (good, whole) = Decode(text, cut: false);
        var (goodInPieces, pieces) = Decode(text, cut: true);
        FuzzFailure.Unless(good == goodInPieces && whole.AsSpan().SequenceEqual(pieces), "what is decoded depends on how it is cut");
        // Padding in between is ours alone to understand.
        if (!good || text[..Math.Max(0, text.Length - 4)].Contains((byte)'='))
            return good ? 1UL : 2UL;
        var other = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length) + 3];
        var complete = text[..(text.Length / 4 * 4)];
        FuzzFailure.Unless(Base64.DecodeFromUtf8(complete, other, out _, out var written) == OperationStatus.Done, "others find no base64 in it");
        FuzzFailure.Unless(other.AsSpan(0, written).SequenceEqual(whole), "others decode something else");
        return 3 + (ulong)(text.Length & 3);
    }

    private ulong RunEncoder(ReadOnlySpan<byte> body)
    {
        var whole = Encode(body, cut: false);
        FuzzFailure.Unless(Encode(body, cut: true).AsSpan().SequenceEqual(whole), "what is encoded depends on how it is cut");
        var (good, back) = Decode(whole, cut: true);
        FuzzFailure.Unless(good && !_decoder.IsIncomplete && body.SequenceEqual(back), "what was encoded does not decode to what it was");
        return 10 + (ulong)whole.AsSpan().Count((byte)'=');
    }

    private ulong RunConnect(ReadOnlySpan<byte> body)
    {
        var whole = Watch(body, cut: false);
        FuzzFailure.Unless(Watch(body, cut: true) == whole, "what is counted depends on how it is cut");
        return 100 + (ulong)(whole.Messages * 2) + (whole.Success ? 1UL : 0);
    }

    private (bool Good, byte[] Bytes) Decode(ReadOnlySpan<byte> text, bool cut)
    {
        _decoder.Clear();
        var good = true;
        foreach (var (at, length) in Cuts(text.Length, cut))
            good = good && _decoder.TryDecode(text.Slice(at, length), _out);
        return (good, TakeOut());
    }

    private byte[] Encode(ReadOnlySpan<byte> body, bool cut)
    {
        _encoder.Clear();
        foreach (var (at, length) in Cuts(body.Length, cut))
        {
            _data.Append(body.Slice(at, length));
            _encoder.Encode(_data, _out);
        }

        _encoder.Finish(_out);
        return TakeOut();
    }

    private (long Messages, bool Success) Watch(ReadOnlySpan<byte> body, bool cut)
    {
        _connect.Clear();
        var messages = 0L;
        foreach (var (at, length) in Cuts(body.Length, cut))
        {
            _data.Append(body.Slice(at, length));
            messages += _connect.Watch(_data);
            _data.Clear();
        }

        return (messages, _connect.Succeeded);
    }

    private byte[] TakeOut()
    {
        var bytes = _out.ToArray();
        _out.Clear();
        return bytes;
    }

    private List<(int At, int Length)> Cuts(int length, bool cut)
    {
        var found = new List<(int, int)>();
        for (var at = 0; at < length;)
        {
            var piece = cut ? Math.Min(length - at, 1 + _random.Below(9)) : length;
            found.Add((at, piece));
            at += piece;
        }

        return found;
    }
}
