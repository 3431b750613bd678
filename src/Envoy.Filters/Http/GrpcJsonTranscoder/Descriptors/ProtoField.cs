using System.Text;
using Envoy.Buffers;
using Envoy.Filters.Http.GrpcJsonTranscoder.Json;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

/// <summary>A field of a message. Immutable once the set is read.</summary>
internal sealed class ProtoField
{
    public ProtoField(string name, string jsonName, int number, ProtoKind kind)
    {
        Name = name;
        Number = number;
        Kind = kind;
        NameUtf8 = Encoding.UTF8.GetBytes(name);
        JsonNameUtf8 = Encoding.UTF8.GetBytes(jsonName);
        NameKey = Quote(NameUtf8);
        JsonKey = Quote(JsonNameUtf8);
    }

    /// <summary>The name in the proto file.</summary>
    public string Name { get; }

    public byte[] NameUtf8 { get; }

    public byte[] JsonNameUtf8 { get; }

    /// <summary>The proto name as JSON writes it, in quotes.</summary>
    public byte[] NameKey { get; }

    /// <summary>The JSON name as JSON writes it, in quotes.</summary>
    public byte[] JsonKey { get; }

    public int Number { get; }

    public ProtoKind Kind { get; }

    /// <summary>Its place among the message's fields.</summary>
    public int Index { get; set; }

    public bool IsRepeated { get; init; }

    /// <summary>Repeated values are written in one run.</summary>
    public bool IsPacked { get; init; }

    /// <summary>That it is set can be told from its having the default value.</summary>
    public bool HasPresence { get; init; }

    /// <summary>Which of the message's oneofs it belongs to; -1: none.</summary>
    public int Oneof { get; init; } = -1;

    /// <summary>The message or group that it holds.</summary>
    public ProtoMessage? Message { get; set; }

    /// <summary>The enum that it holds.</summary>
    public ProtoEnum? Enum { get; set; }

    public bool IsMap => IsRepeated && Message is { IsMapEntry: true };

    public bool IsMessage => Kind is ProtoKind.Message or ProtoKind.Group;

    /// <summary>How one value lies on the wire.</summary>
    public WireType WireType => Kind switch
    {
        ProtoKind.Double or ProtoKind.Fixed64 or ProtoKind.SFixed64 => WireType.Fixed64,
        ProtoKind.Float or ProtoKind.Fixed32 or ProtoKind.SFixed32 => WireType.Fixed32,
        ProtoKind.String or ProtoKind.Bytes or ProtoKind.Message => WireType.Bytes,
        ProtoKind.Group => WireType.StartGroup,
        _ => WireType.Varint,
    };

    public bool IsPackable => Kind is not (ProtoKind.String or ProtoKind.Bytes or ProtoKind.Message or ProtoKind.Group);

    private static byte[] Quote(byte[] name)
    {
        var sink = new ByteSink();
        JsonWriter.WriteString(sink, name);
        return sink.Written.ToArray();
    }
}
