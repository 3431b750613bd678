using System.Buffers.Binary;
using Envoy.Http.Http2;
using Envoy.Integration.Tests.Http2;
using Envoy.Testing;
using Google.Protobuf;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>One call at a gRPC server, message by message. Calls of a connection come one after another.</summary>
internal sealed class GrpcExchange
{
    private readonly Http2Server _server;
    private readonly uint _stream;
    private readonly List<byte> _bytes = [];
    private bool _ended;

    private GrpcExchange(Http2Server server, Http2Received headers)
    {
        _server = server;
        _stream = headers.Header.StreamId;
        Headers = headers.Fields;
        _ended = headers.Header.Has(Http2FrameFlags.EndStream);
    }

    public IReadOnlyList<(string Name, string Value)> Headers { get; }

    public string Path => this[":path"];

    public bool WasReset { get; private set; }

    public string this[string name] => Headers.FirstOrDefault(f => f.Name == name).Value ?? "";

    /// <summary>A server that answers all calls of its connections with <paramref name="answer"/>.</summary>
    public static FakeUpstream Serve(Func<GrpcExchange, Task> answer) => new FakeUpstream().OnConnection(async connection =>
    {
        try
        {
            var server = await Http2Server.AcceptAsync(connection);
            while (true)
                await answer(new GrpcExchange(server, await server.ReadAsync(Http2FrameType.Headers)));
        }
        catch (EndOfStreamException)
        {
        }
    });

    /// <summary>The next message of the request; null: there is none.</summary>
    public async Task<T?> NextAsync<T>()
        where T : class, IMessage<T>, new()
    {
        while (true)
        {
            if (_bytes.Count >= 5 && BinaryPrimitives.ReadInt32BigEndian(_bytes.GetRange(1, 4).ToArray()) is var length && _bytes.Count >= 5 + length)
            {
                Assert.That(_bytes[0], Is.Zero, "not compressed");
                var message = new T();
                message.MergeFrom(_bytes.GetRange(5, length).ToArray());
                _bytes.RemoveRange(0, 5 + length);
                return message;
            }

            if (_ended)
            {
                Assert.That(_bytes, WasReset ? Is.Not.Null : Is.Empty, "no part of a message is left");
                return null;
            }

            var frame = await _server.ReadAsync();
            if (frame.Header.StreamId != _stream)
                continue;
            if (frame.Header.Type == Http2FrameType.Data)
            {
                _bytes.AddRange(frame.Payload);
                if (frame.Payload.Length > 0)
                {
                    var count = (uint)frame.Payload.Length;
                    await _server.SendAsync(Http2Client.Number(Http2FrameType.WindowUpdate, 0, count), Http2Client.Number(Http2FrameType.WindowUpdate, _stream, count));
                }
            }

            WasReset |= frame.Header.Type == Http2FrameType.RstStream;
            _ended = WasReset || frame.Header.Has(Http2FrameFlags.EndStream);
        }
    }

    /// <summary>All messages of the request.</summary>
    public async Task<List<T>> AllAsync<T>()
        where T : class, IMessage<T>, new()
    {
        var all = new List<T>();
        while (await NextAsync<T>() is { } message)
            all.Add(message);
        return all;
    }

    public Task StartAsync(params (string Name, string Value)[] more) =>
        _server.SendAsync(_server.Headers(_stream, false, [(":status", "200"), ("content-type", "application/grpc+proto"), .. more]));

    public Task SendAsync(params IMessage[] messages) => SendRawAsync([.. messages.SelectMany(m => Frame(m.ToByteArray()))]);

    public async Task SendRawAsync(params byte[] bytes)
    {
        foreach (var piece in bytes.Chunk(16 * 1024))
            await _server.SendAsync(Http2Client.Frame(Http2FrameType.Data, 0, _stream, piece));
    }

    public Task EndAsync(int status = 0, params (string Name, string Value)[] more) =>
        _server.SendAsync(_server.Headers(_stream, true, [("grpc-status", status.ToString(System.Globalization.CultureInfo.InvariantCulture)), .. more]));

    /// <summary>Headers, messages, trailers.</summary>
    public async Task AnswerAsync(params IMessage[] messages)
    {
        await StartAsync();
        await SendAsync(messages);
        await EndAsync();
    }

    /// <summary>An answer that is trailers only.</summary>
    public Task RefuseAsync(int status, string message = "", params (string Name, string Value)[] more) => _server.SendAsync(_server.Headers(
        _stream,
        true,
        [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", status.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("grpc-message", message), .. more]));

    /// <summary>Any response that is not gRPC.</summary>
    public Task SendHeadersAsync(bool end, params (string Name, string Value)[] fields) => _server.SendAsync(_server.Headers(_stream, end, fields));

    public Task SendLastAsync(string text) => _server.SendAsync(Http2Client.Data(_stream, text, end: true));

    public static byte[] Frame(byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }
}
