using Envoy.Buffers;
using Envoy.Http.Headers;

namespace Envoy.Http.Http1;

/// <summary>Writes bodies as chunks, the body's slices moved and not copied.</summary>
internal static class Http1Chunks
{
    /// <summary>Moves all of <paramref name="data"/> behind <paramref name="output"/> as one chunk, and the last chunk if the body ends.</summary>
    public static void Write(ByteQueue output, ByteQueue data, bool endOfBody)
    {
        if (!data.IsEmpty)
        {
            var length = Http1Encoder.WriteChunkHeader(data.Length, output.GetSpan(Http1Encoder.MaxChunkHeaderSize));
            output.Advance(length);
            output.Append(data);
            output.Append(Http1Encoder.ChunkEnd);
        }

        if (endOfBody)
            output.Append(Http1Encoder.LastChunk);
    }

    /// <summary>The last chunk, with <paramref name="trailers"/> if there are any to send.</summary>
    public static void WriteLast(ByteQueue output, HeaderMap? trailers, bool properCase = false)
    {
        if (trailers is null)
        {
            output.Append(Http1Encoder.LastChunk);
            return;
        }

        var size = Http1Encoder.MaxSize(trailers);
        if (size <= SlabPool.SlabSize)
        {
            output.Advance(Http1Encoder.WriteLastChunk(trailers, output.GetSpan(size), properCase));
            return;
        }

        var large = new byte[size];
        output.Append(large.AsSpan(0, Http1Encoder.WriteLastChunk(trailers, large, properCase)));
    }
}
