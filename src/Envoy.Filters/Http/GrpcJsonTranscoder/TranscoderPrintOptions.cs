using Envoy.Extensions;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>How responses are written as JSON (<c>PrintOptions</c>). Immutable.</summary>
public sealed record TranscoderPrintOptions
{
    internal static readonly FieldTable<TranscoderPrintOptions> Fields = new FieldTable<TranscoderPrintOptions>(
            "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder.PrintOptions", new TranscoderPrintOptions())
        .Bool("add_whitespace", o => o.AddWhitespace, (o, v) => o with { AddWhitespace = v })
        .Bool("always_print_primitive_fields", o => o.AlwaysPrintPrimitiveFields, (o, v) => o with { AlwaysPrintPrimitiveFields = v })
        .Bool("always_print_enums_as_ints", o => o.AlwaysPrintEnumsAsInts, (o, v) => o with { AlwaysPrintEnumsAsInts = v })
        .Bool("preserve_proto_field_names", o => o.PreserveProtoFieldNames, (o, v) => o with { PreserveProtoFieldNames = v })
        .Bool("stream_newline_delimited", o => o.StreamNewlineDelimited, (o, v) => o with { StreamNewlineDelimited = v })
        .Bool("stream_sse_style_delimited", o => o.StreamSseStyleDelimited, (o, v) => o with { StreamSseStyleDelimited = v });

    /// <summary>Line breaks and indents. Default false.</summary>
    public bool AddWhitespace { get; init; }

    /// <summary>Fields without presence are written even with their default value. Default false.</summary>
    public bool AlwaysPrintPrimitiveFields { get; init; }

    /// <summary>Enums are written as numbers. Default false.</summary>
    public bool AlwaysPrintEnumsAsInts { get; init; }

    /// <summary>Fields have the names of the proto file instead of their JSON names. Default false.</summary>
    public bool PreserveProtoFieldNames { get; init; }

    /// <summary>A stream of responses is a line for each instead of one JSON array. Default false.</summary>
    public bool StreamNewlineDelimited { get; init; }

    /// <summary>A stream of responses is server-sent events, whatever <see cref="StreamNewlineDelimited"/> says. Default false.</summary>
    public bool StreamSseStyleDelimited { get; init; }
}
