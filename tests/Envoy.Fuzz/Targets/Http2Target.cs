using Envoy.Buffers;
using Envoy.Fuzz.Engine;
using Envoy.Fuzz.Http2;
using Envoy.Http.Http2;
using Envoy.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Fuzz.Targets;

/// <summary>
/// HTTP/2's codec: any frames, cut anyhow, give the same events, never an exception, and leave no stream and no memory behind. An input is a list of
/// frames, each with a type, flags, a stream and a length of one byte; one type stands for bytes as they are. Used by one thread.
/// </summary>
internal sealed class Http2Target : IFuzzTarget
{
    private readonly Worker _worker = new(0, "fuzz", new WorkerOptions { Engine = Engines.Select(EngineKind.Portable), TimeProvider = TimeProvider.System, Logger = NullLogger.Instance });
    private readonly FuzzRandom _random = new(0);
    private readonly List<byte> _bytes = [];

    public string Name => "http2";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        // A request whose headers are indexes and a path of one letter more each time; with bodies, trailers, resets, pings and settings around.
        [1, 5, 1, 12, 0x82, 0x86, 0x84, 0x41, 1, (byte)'a', 0, 1, (byte)'x', 1, (byte)'y', 0],
        [1, 4, 1, 7, 0x83, 0x86, 0x04, 2, (byte)'/', (byte)'a', 0x90, 0, 0, 1, 3, 1, 2, 3, 0, 1, 1, 0],
        [1, 4, 1, 8, 0x83, 0x86, 0x04, 3, (byte)'/', (byte)'a', (byte)'b', 0x90, 0, 8, 1, 4, 2, 9, 0, 0, 1, 5, 1, 5, 0, 1, (byte)'x', 1, (byte)'y'],
        [1, 0, 3, 3, 0x82, 0x86, 0x84, 9, 4, 3, 5, 0, 1, (byte)'k', 1, (byte)'v', 3, 0, 3, 4, 0, 0, 0, 8],
        [6, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 4, 0, 0, 6, 0, 4, 0, 0, 0, 10, 8, 0, 0, 4, 0, 0, 1, 0, 2, 0, 1, 5, 0, 0, 0, 3, 1, 7, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2],
    ];

    public IReadOnlyList<byte[]> Words { get; } =
    [
        [1, 5, 1, 3, 0x82, 0x86, 0x84], [1, 5, 3, 3, 0x82, 0x86, 0x84], [0, 1, 1, 0], [3, 0, 1, 4, 0, 0, 0, 8], [8, 0, 1, 4, 0, 0, 1, 0], [4, 0, 0, 0], [4, 1, 0, 0], [9, 4, 1, 0], [0x0a, 0, 0, 4],
    ];

    public int MostBytes => 600;

    public ulong Run(ReadOnlySpan<byte> input)
    {
        Build(input);
        var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes);
        var whole = new Http2Session(_worker);
        whole.Receive(bytes);
        var cut = new Http2Session(_worker);
        _random.Reset(FuzzRandom.SeedOf(input));
        var mean = _random.OneIn(8) ? 1 : 2 + _random.Below(60);
        for (var at = 0; at < bytes.Length;)
        {
            var count = Math.Min(bytes.Length - at, mean == 1 ? 1 : 1 + _random.Below(2 * mean));
            cut.Receive(bytes.Slice(at, count));
            at += count;
        }

        whole.Close();
        cut.Close();
        if (!whole.Trace.Written.SequenceEqual(cut.Trace.Written))
            throw new FuzzFailure($"cut in pieces it is read otherwise: '{Text(cut)}' and not '{Text(whole)}'");
        if (whole.ActiveStreams != 0 || cut.ActiveStreams != 0)
            throw new FuzzFailure("streams are left");
        if (SlabPool.Of(_worker).SlabsInUse != 0)
            throw new FuzzFailure("memory is left");
        var way = 14695981039346656037ul;
        foreach (var b in whole.Trace.Written)
            way = (way ^ b) * 1099511628211;
        return way;
    }

    private static string Text(Http2Session session) => System.Text.Encoding.Latin1.GetString(session.Trace.Written);

    private void Build(ReadOnlySpan<byte> input)
    {
        _bytes.Clear();
        _bytes.AddRange(Http2Connection.Preface);
        Add(Http2FrameType.Settings, 0, 0, default);
        while (input.Length >= 4)
        {
            var (type, flags, stream) = (input[0] % 11, input[1], (uint)input[2]);
            var length = Math.Min(input[3], input.Length - 4);
            var payload = input.Slice(4, length);
            input = input[(4 + length)..];
            if (type == 10)
                _bytes.AddRange(payload);
            else
                Add((Http2FrameType)type, (Http2FrameFlags)flags, stream, payload);
        }
    }

    private void Add(Http2FrameType type, Http2FrameFlags flags, uint stream, ReadOnlySpan<byte> payload)
    {
        Span<byte> header = stackalloc byte[Http2FrameHeader.Size];
        new Http2FrameHeader(payload.Length, type, flags, stream).Write(header);
        _bytes.AddRange(header);
        _bytes.AddRange(payload);
    }
}
