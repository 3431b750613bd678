using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Filters.Common.Grpc;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;
using Envoy.Filters.Http.GrpcJsonTranscoder.Json;
using Envoy.Filters.Http.GrpcJsonTranscoder.Paths;
using Envoy.Runtime;
using Envoy.Stats;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>What the transcoders of one worker share: a conversion takes no turn of the loop, so one set of tables serves all. Worker-owned.</summary>
internal sealed class TranscoderWorker : IHttpFilterFactory
{
    public TranscoderWorker(TranscoderSnapshot config, FilterWorkerContext context)
    {
        Config = config;
        Worker = context.Worker;
        RequestBytes = context.Stats.Gauge("transcoder_request_buffer_bytes", context.Worker.Index);
        ResponseBytes = context.Stats.Gauge("transcoder_response_buffer_bytes", context.Worker.Index);
    }

    public TranscoderSnapshot Config { get; }

    public Worker Worker { get; }

    public RequestMatcher Matcher { get; } = new();

    public JsonToProto Reader { get; } = new();

    public ProtoToJson Writer { get; } = new();

    /// <summary>What a body of several slices is put together in.</summary>
    public ByteSink Scratch { get; } = new();

    /// <summary>Bytes of requests that wait to be converted.</summary>
    public GaugeCell RequestBytes { get; }

    /// <summary>Bytes of responses that wait to be converted, or to be sent.</summary>
    public GaugeCell ResponseBytes { get; }

    public IHttpFilter Create() => new GrpcJsonTranscoderFilter(this);

    /// <summary>The message that <see cref="Reader"/> has made, as a gRPC frame.</summary>
    public void AppendFrame(ByteQueue destination)
    {
        Span<byte> header = stackalloc byte[GrpcFrameReader.HeaderLength];
        GrpcFrameReader.WriteHeader(header, flags: 0, (uint)Reader.Output.Length);
        destination.Append(header);
        Reader.Output.CopyTo(destination);
    }

    /// <summary>All bytes of a queue in one run; they live until the next call.</summary>
    public ReadOnlySpan<byte> Flatten(ByteQueue queue)
    {
        if (queue.IsSingleSpan)
            return queue.FirstSpan;
        Scratch.Clear();
        foreach (var span in queue)
            Scratch.Append(span);
        return Scratch.Written;
    }

    /// <summary>Makes a <c>google.rpc.Status</c> of a code and a message.</summary>
    public static void AppendStatus(ByteSink sink, WireWriter writer, int code, ReadOnlySpan<byte> message)
    {
        writer.Clear();
        writer.Tag(1, WireType.Varint);
        writer.Varint((ulong)code);
        if (!message.IsEmpty)
        {
            writer.Tag(2, WireType.Bytes);
            writer.Bytes(message);
        }

        writer.CopyTo(sink);
    }
}
