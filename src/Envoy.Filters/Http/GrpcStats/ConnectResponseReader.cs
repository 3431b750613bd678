using System.Text.Json;
using Envoy.Buffers;
using Envoy.Filters.Common.Grpc;

namespace Envoy.Filters.Http.GrpcStats;

/// <summary>
/// Counts the messages of a streaming response of the Connect protocol, whose last frame says in JSON whether the call went well (connectrpc.com,
/// "Streaming RPCs"). Worker-owned.
/// </summary>
internal sealed class ConnectResponseReader
{
    private const byte EndOfStream = 2;

    // What a status has to say, with metadata. A longer one is not looked into, and counts as a failure.
    private const int MaxEndBytes = 16 * 1024;

    private readonly GrpcFrameReader _reader = new();
    private readonly ByteSink _end = new();
    private bool _inEnd;
    private bool _hasEnded;

    /// <summary>The last frame has come, and has no error in it.</summary>
    public bool Succeeded { get; private set; }

    /// <summary>Looks at the next bytes, which stay as they are; returns of how many messages the frame's header became whole in them.</summary>
    public long Watch(ByteQueue data)
    {
        var messages = 0L;
        foreach (var slice in data)
        {
            var rest = slice;
            // Nothing follows the last frame.
            while (!_hasEnded)
            {
                var found = _reader.Read(rest, out var used);
                if (_inEnd && _end.Length + used <= MaxEndBytes)
                    _end.Append(rest[..used]);
                if (found == GrpcFrameEvent.Header)
                {
                    // Only a whole header tells a message from the end.
                    _inEnd = (_reader.Flags & EndOfStream) != 0;
                    if (!_inEnd)
                        messages++;
                }
                else if (found == GrpcFrameEvent.End && _inEnd)
                {
                    Finish();
                }

                rest = rest[used..];
                if (rest.IsEmpty && found != GrpcFrameEvent.Header)
                    break;
            }
        }

        return messages;
    }

    /// <summary>Goes back to the beginning of a body.</summary>
    public void Clear()
    {
        _reader.Clear();
        _end.Clear();
        _inEnd = _hasEnded = Succeeded = false;
    }

    private void Finish()
    {
        _hasEnded = true;
        if (_end.Length != _reader.Length)
            return;
        var reader = new Utf8JsonReader(_end.Written);
        try
        {
            var hasError = false;
            while (reader.Read())
                hasError |= reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals("error"u8);
            Succeeded = !hasError && _end.Length > 0;
        }
        catch (JsonException)
        {
            // What cannot be read says nothing good.
        }
    }
}
