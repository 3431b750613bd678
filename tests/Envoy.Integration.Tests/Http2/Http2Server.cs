using System.Text;
using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Hpack;
using Envoy.Http.Http2;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http2;

/// <summary>An upstream that speaks HTTP/2 frame by frame, rightly or wrongly, on one connection of a <see cref="FakeUpstream"/>.</summary>
internal sealed class Http2Server
{
    private readonly FakeConnection _wire;
    private readonly HpackEncoder _encoder = new();
    private readonly HpackDecoder _decoder = new();

    private Http2Server(FakeConnection wire) => _wire = wire;

    public FakeConnection Wire => _wire;

    /// <summary>Takes the preface and exchanges settings.</summary>
    public static async Task<Http2Server> AcceptAsync(FakeConnection wire, params (Http2Setting Setting, uint Value)[] settings)
    {
        var server = new Http2Server(wire);
        Assert.That(await wire.ReadExactlyAsync(Http2Connection.Preface.Length), Is.EqualTo(Http2Client.Preface));
        await server.SendAsync(Http2Client.Settings(settings));
        await server.ReadAsync(Http2FrameType.Settings);
        await server.SendAsync(Http2Client.Frame(Http2FrameType.Settings, Http2FrameFlags.Ack, 0));
        return server;
    }

    public byte[] Headers(uint stream, bool end, params (string Name, string Value)[] fields)
    {
        var sink = new ByteSink();
        _encoder.BeginBlock(sink);
        foreach (var (name, value) in fields)
        {
            var bytes = Encoding.Latin1.GetBytes(name);
            _encoder.Write(HeaderNames.Find(bytes), bytes, Encoding.Latin1.GetBytes(value), neverIndexed: false, sink);
        }

        return Http2Client.Frame(Http2FrameType.Headers, Http2FrameFlags.EndHeaders | (end ? Http2FrameFlags.EndStream : 0), stream, sink.Written.ToArray());
    }

    public Task SendAsync(params byte[][] frames) => _wire.SendAsync(frames.SelectMany(f => f).ToArray());

    public async Task<Http2Received> ReadAsync()
    {
        var header = Http2FrameHeader.Read(await _wire.ReadExactlyAsync(Http2FrameHeader.Size));
        var payload = header.Length == 0 ? [] : await _wire.ReadExactlyAsync(header.Length);
        return new Http2Received(header, payload, header.Type == Http2FrameType.Headers ? Decode(payload) : []);
    }

    /// <summary>The next frame of a type; others are passed over.</summary>
    public async Task<Http2Received> ReadAsync(Http2FrameType type)
    {
        while (true)
        {
            var frame = await ReadAsync();
            if (frame.Header.Type == type)
                return frame;
        }
    }

    private List<(string Name, string Value)> Decode(byte[] payload)
    {
        var fields = new List<(string, string)>();
        ReadOnlySpan<byte> block = payload;
        _decoder.BeginBlock();
        while (_decoder.Next(ref block, out var field) == HpackStep.Field)
            fields.Add((Encoding.Latin1.GetString(field.Name), Encoding.Latin1.GetString(field.Value)));
        return fields;
    }
}
