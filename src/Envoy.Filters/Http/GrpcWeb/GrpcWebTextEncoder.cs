using System.Buffers.Text;
using Envoy.Buffers;
using Envoy.Filters.Common.Grpc;

namespace Envoy.Filters.Http.GrpcWeb;

/// <summary>
/// Writes a body of gRPC frames as grpc-web-text: each frame as base64 with padding of its own, as soon as its bytes come, so that a long message waits
/// for nothing. Worker-owned.
/// </summary>
internal sealed class GrpcWebTextEncoder
{
    private readonly GrpcFrameReader _reader = new();
    private readonly byte[] _rest = new byte[3];
    private int _restLength;

    /// <summary>Encodes all of <paramref name="data"/>, which is emptied.</summary>
    public void Encode(ByteQueue data, ByteQueue text)
    {
        foreach (var slice in data)
        {
            var rest = slice;
            while (true)
            {
                var found = _reader.Read(rest, out var used);
                Write(rest[..used], text);
                rest = rest[used..];
                if (found == GrpcFrameEvent.End)
                    Finish(text);
                // An empty message ends without a byte.
                if (rest.IsEmpty && found != GrpcFrameEvent.Header)
                    break;
            }
        }

        data.Clear();
    }

    /// <summary>Ends the text at hand with its padding.</summary>
    public void Finish(ByteQueue text)
    {
        if (_restLength == 0)
            return;
        var room = text.GetSpan(4);
        _ = Base64.EncodeToUtf8(_rest.AsSpan(0, _restLength), room, out _, out var written);
        text.Advance(written);
        _restLength = 0;
    }

    /// <summary>Goes back to the beginning of a body.</summary>
    public void Clear()
    {
        _reader.Clear();
        _restLength = 0;
    }

    private void Write(ReadOnlySpan<byte> bytes, ByteQueue text)
    {
        while (_restLength > 0 && !bytes.IsEmpty)
        {
            _rest[_restLength++] = bytes[0];
            bytes = bytes[1..];
            if (_restLength == 3)
                Finish(text);
        }

        while (bytes.Length >= 3)
        {
            var room = text.GetSpan(4);
            var count = Math.Min(bytes.Length, room.Length / 4 * 3);
            _ = Base64.EncodeToUtf8(bytes[..(count / 3 * 3)], room, out var read, out var written, isFinalBlock: false);
            text.Advance(written);
            bytes = bytes[read..];
        }

        foreach (var b in bytes)
            _rest[_restLength++] = b;
    }
}
