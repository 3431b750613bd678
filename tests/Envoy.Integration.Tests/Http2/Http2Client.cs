using System.Buffers.Binary;
using System.Text;
using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Hpack;
using Envoy.Http.Http2;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http2;

/// <summary>A client that speaks HTTP/2 frame by frame, rightly or wrongly.</summary>
internal sealed class Http2Client : IDisposable
{
    private readonly RawClient _wire;
    private readonly HpackEncoder _encoder = new();
    private readonly HpackDecoder _decoder = new();

    private Http2Client(RawClient wire) => _wire = wire;

    public RawClient Wire => _wire;

    /// <summary>Connects, and exchanges preface and settings.</summary>
    public static async Task<Http2Client> ConnectAsync(TestProxy proxy, params (Http2Setting Setting, uint Value)[] settings)
    {
        var client = new Http2Client(await proxy.ConnectAsync());
        await client.SendAsync(Preface, Settings(settings));
        var first = await client.ReadAsync();
        Assert.That(first.Header.Type, Is.EqualTo(Http2FrameType.Settings));
        await client.SendAsync(Frame(Http2FrameType.Settings, Http2FrameFlags.Ack, 0));
        await client.ReadAsync(Http2FrameType.Settings);
        return client;
    }

    /// <summary>Connects, and sends nothing.</summary>
    public static async Task<Http2Client> SilentAsync(TestProxy proxy) => new(await proxy.ConnectAsync());

    public static byte[] Preface => Http2Connection.Preface.ToArray();

    public static byte[] Frame(Http2FrameType type, Http2FrameFlags flags, uint stream, params byte[] payload)
    {
        var bytes = new byte[Http2FrameHeader.Size + payload.Length];
        new Http2FrameHeader(payload.Length, type, flags, stream).Write(bytes);
        payload.CopyTo(bytes, Http2FrameHeader.Size);
        return bytes;
    }

    public static byte[] Settings(params (Http2Setting Setting, uint Value)[] settings)
    {
        var payload = new byte[settings.Length * 6];
        for (var i = 0; i < settings.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(i * 6), (ushort)settings[i].Setting);
            BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan((i * 6) + 2), settings[i].Value);
        }

        return Frame(Http2FrameType.Settings, Http2FrameFlags.None, 0, payload);
    }

    public static byte[] Number(Http2FrameType type, uint stream, uint value)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, value);
        return Frame(type, Http2FrameFlags.None, stream, payload);
    }

    public static byte[] Data(uint stream, string text, bool end = false) =>
        Frame(Http2FrameType.Data, end ? Http2FrameFlags.EndStream : Http2FrameFlags.None, stream, Encoding.Latin1.GetBytes(text));

    public byte[] Block(params (string Name, string Value)[] fields)
    {
        var sink = new ByteSink();
        _encoder.BeginBlock(sink);
        foreach (var (name, value) in fields)
        {
            var bytes = Encoding.Latin1.GetBytes(name);
            _encoder.Write(HeaderNames.Find(bytes), bytes, Encoding.Latin1.GetBytes(value), neverIndexed: false, sink);
        }

        return sink.Written.ToArray();
    }

    public byte[] Headers(uint stream, bool end, params (string Name, string Value)[] fields) =>
        Frame(Http2FrameType.Headers, Http2FrameFlags.EndHeaders | (end ? Http2FrameFlags.EndStream : 0), stream, Block(fields));

    public byte[] Get(uint stream, string path = "/", params (string Name, string Value)[] more) => Headers(stream, end: true, [.. Start("GET", path), .. more]);

    public byte[] Post(uint stream, string path = "/", params (string Name, string Value)[] more) => Headers(stream, end: false, [.. Start("POST", path), .. more]);

    public Task SendAsync(params byte[][] frames) => _wire.SendAsync(frames.SelectMany(f => f).ToArray());

    public async Task<Http2Received> ReadAsync()
    {
        var header = Http2FrameHeader.Read(await _wire.ReadExactlyAsync(Http2FrameHeader.Size));
        var payload = header.Length == 0 ? [] : await _wire.ReadExactlyAsync(header.Length);
        // Whether anybody looks at them or not: the tables have to stay in step.
        return new Http2Received(header, payload, header.Type == Http2FrameType.Headers ? Decode(header, payload) : []);
    }

    /// <summary>The next frame of a type; others are passed over, but for those that end something.</summary>
    public async Task<Http2Received> ReadAsync(Http2FrameType type)
    {
        while (true)
        {
            var frame = await ReadAsync();
            if (frame.Header.Type == type)
                return frame;
            if (frame.Header.Type == Http2FrameType.GoAway && frame.Code != Http2ErrorCode.NoError)
                Assert.Fail($"the connection ended with {frame.Code}");
        }
    }

    /// <summary>The response on a stream; frames of other streams must not come between.</summary>
    public async Task<(int Status, string Body, List<(string Name, string Value)> Headers, List<(string Name, string Value)> Trailers)> ReadResponseAsync(uint stream)
    {
        List<(string Name, string Value)>? headers = null;
        List<(string, string)> trailers = [];
        var body = new StringBuilder();
        while (true)
        {
            var frame = await ReadAsync();
            if (frame.Header.StreamId != stream)
                continue;
            Assert.That(frame.Header.Type, Is.Not.EqualTo(Http2FrameType.RstStream), () => $"the stream was reset: {frame.Code}");
            if (frame.Header.Type == Http2FrameType.Data)
                body.Append(Encoding.Latin1.GetString(frame.Payload));
            else if (frame.Header.Type == Http2FrameType.Headers && headers is null)
                headers = frame.Fields;
            else if (frame.Header.Type == Http2FrameType.Headers)
                trailers = frame.Fields;
            if (frame.Header.Type is Http2FrameType.Data or Http2FrameType.Headers && frame.Header.Has(Http2FrameFlags.EndStream))
                return (int.Parse(headers![0].Value, System.Globalization.CultureInfo.InvariantCulture), body.ToString(), headers, trailers);
        }
    }

    /// <summary>The GOAWAY that ends the connection, and its end.</summary>
    public async Task<Http2ErrorCode> ReadGoAwayAsync()
    {
        while (true)
        {
            var frame = await ReadAsync();
            if (frame.Header.Type != Http2FrameType.GoAway)
                continue;
            _ = await _wire.ReadToEndAsync();
            return frame.Code;
        }
    }

    /// <summary>What a stream is reset with.</summary>
    public async Task<Http2ErrorCode> ReadResetAsync(uint stream)
    {
        while (true)
        {
            var frame = await ReadAsync();
            Assert.That(frame.Header.Type, Is.Not.EqualTo(Http2FrameType.GoAway), () => $"the connection ended with {frame.Code}");
            if (frame.Header.Type == Http2FrameType.RstStream && frame.Header.StreamId == stream)
                return frame.Code;
        }
    }

    public void Dispose() => _wire.Dispose();

    private List<(string Name, string Value)> Decode(Http2FrameHeader header, byte[] payload)
    {
        Assert.That(header.Has(Http2FrameFlags.EndHeaders), Is.True);
        var fields = new List<(string, string)>();
        ReadOnlySpan<byte> block = payload;
        _decoder.BeginBlock();
        HpackStep step;
        while ((step = _decoder.Next(ref block, out var field)) == HpackStep.Field)
            fields.Add((Encoding.Latin1.GetString(field.Name), Encoding.Latin1.GetString(field.Value)));
        Assert.That(step, Is.EqualTo(HpackStep.End));
        return fields;
    }

    private static (string Name, string Value)[] Start(string method, string path) => [(":method", method), (":scheme", "http"), (":path", path), (":authority", "test")];
}

/// <summary>A frame that came. Immutable.</summary>
internal sealed record Http2Received(Http2FrameHeader Header, byte[] Payload, List<(string Name, string Value)> Fields)
{
    /// <summary>The error code of RST_STREAM or GOAWAY.</summary>
    public Http2ErrorCode Code => (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(Payload.AsSpan(Header.Type == Http2FrameType.GoAway ? 4 : 0));
}
