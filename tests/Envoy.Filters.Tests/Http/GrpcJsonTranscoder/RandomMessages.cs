using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>Makes messages of all kinds of fields at random, with the values where things go wrong in it.</summary>
internal sealed class RandomMessages(int seed)
{
    private static readonly string[] Texts = ["", "a", "\"", "\\", "/", "\u0000\u001f\u007f", "<b>&'", "é", "\u2028\u2029", "😀", "\ud7ff\ue000\ufffd", "0", "true", "null"];
    private static readonly long[] Longs = [0, 1, -1, 127, 128, int.MaxValue, int.MinValue, 1L << 53, (1L << 53) + 1, long.MaxValue, long.MinValue];
    private static readonly double[] Doubles = [0, -0.0, 1, -1, 0.1, 1e-300, 1e300, 123456789.123, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.Epsilon];
    private static readonly float[] Floats = [0, 1, -1.5f, 0.1f, 1e-30f, 1e30f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.Epsilon];
    private readonly Random _random = new(seed);

    public T Next<T>()
        where T : IMessage, new()
    {
        var message = new T();
        Fill(message, 0);
        return message;
    }

    private void Fill(IMessage message, int depth)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (_random.Next(4) != 0)
                continue;
            if (field.IsMap)
            {
                var map = (IDictionary)field.Accessor.GetValue(message);
                var (key, value) = (field.MessageType.Fields[1], field.MessageType.Fields[2]);
                for (var i = _random.Next(3); i > 0; i--)
                {
                    if (Value(value, depth) is { } entry)
                        map[Value(key, depth)!] = entry;
                }
            }
            else if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                for (var i = _random.Next(4); i > 0; i--)
                {
                    if (Value(field, depth) is { } item)
                        _ = list.Add(item);
                }
            }
            else if (Value(field, depth) is { } value)
            {
                field.Accessor.SetValue(message, value);
            }
        }
    }

    private object? Value(FieldDescriptor field, int depth)
    {
        switch (field.FieldType)
        {
            case FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32:
                return (int)Long();
            case FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64:
                return Long();
            case FieldType.UInt32 or FieldType.Fixed32:
                return (uint)Long();
            case FieldType.UInt64 or FieldType.Fixed64:
                return (ulong)Long();
            case FieldType.Float:
                return Floats[_random.Next(Floats.Length)];
            case FieldType.Double:
                return Double();
            case FieldType.Bool:
                return _random.Next(2) == 0;
            case FieldType.String:
                return Text();
            case FieldType.Bytes:
                return Bytes();
            case FieldType.Enum:
                if (field.EnumType.FullName == "google.protobuf.NullValue")
                    return NullValue.NullValue;
                return System.Enum.ToObject(field.EnumType.ClrType, field.EnumType.Values[_random.Next(field.EnumType.Values.Count)].Number);
            default:
                return Message(field.MessageType, depth);
        }
    }

    private object? Message(MessageDescriptor type, int depth) => type.FullName switch
    {
        "google.protobuf.Timestamp" => new Timestamp { Seconds = _random.NextInt64(-62135596800, 253402300800), Nanos = Nanos() },
        "google.protobuf.Duration" => _random.Next(2) == 0
            ? new Duration { Seconds = _random.NextInt64(0, 315576000001), Nanos = Nanos() }
            : new Duration { Seconds = -_random.NextInt64(0, 315576000001), Nanos = -Nanos() },
        "google.protobuf.FieldMask" => new FieldMask { Paths = { "a", "foo_bar.baz_qux", "x.y_z" } },
        "google.protobuf.Struct" => NewStruct(depth),
        "google.protobuf.Value" => NewValue(depth),
        "google.protobuf.ListValue" => NewList(depth),
        "google.protobuf.Any" => NewAny(depth),
        "google.protobuf.Int32Value" => (int)Long(),
        "google.protobuf.Int64Value" => Long(),
        "google.protobuf.UInt64Value" => (ulong)Long(),
        "google.protobuf.DoubleValue" => Double(),
        "google.protobuf.BoolValue" => _random.Next(2) == 0,
        "google.protobuf.StringValue" => Text(),
        "google.protobuf.BytesValue" => Bytes(),
        _ when depth > 2 => null,
        _ => New(type, depth),
    };

    private IMessage New(MessageDescriptor type, int depth)
    {
        var message = type.Parser.ParseFrom(ByteString.Empty);
        Fill(message, depth + 1);
        return message;
    }

    private Any NewAny(int depth) => _random.Next(3) switch
    {
        0 => Any.Pack(new Timestamp { Seconds = 5 }),
        1 => Any.Pack(NewStruct(depth)),
        _ => depth > 2 ? Any.Pack(new Duration { Seconds = 1 }) : Any.Pack(New(Protos.Shop.Everything.Descriptor, depth + 1)),
    };

    private Struct NewStruct(int depth)
    {
        var made = new Struct();
        for (var i = _random.Next(3); i > 0; i--)
            made.Fields["k" + Text()] = NewValue(depth + 1);
        return made;
    }

    private ListValue NewList(int depth)
    {
        var made = new ListValue();
        for (var i = _random.Next(3); i > 0; i--)
            made.Values.Add(NewValue(depth + 1));
        return made;
    }

    private Value NewValue(int depth) => _random.Next(depth > 3 ? 4 : 6) switch
    {
        0 => Google.Protobuf.WellKnownTypes.Value.ForNull(),
        1 => Google.Protobuf.WellKnownTypes.Value.ForNumber(_random.Next(1000) / 8.0),
        2 => Google.Protobuf.WellKnownTypes.Value.ForString(Text()),
        3 => Google.Protobuf.WellKnownTypes.Value.ForBool(_random.Next(2) == 0),
        4 => new Value { StructValue = NewStruct(depth + 1) },
        _ => new Value { ListValue = NewList(depth + 1) },
    };

    private long Long() => _random.Next(3) == 0 ? _random.NextInt64() : Longs[_random.Next(Longs.Length)];

    private double Double() => _random.Next(3) == 0 ? BitConverter.Int64BitsToDouble(_random.NextInt64() & 0x7fdfffffffffffff) : Doubles[_random.Next(Doubles.Length)];

    private string Text() => Texts[_random.Next(Texts.Length)] + (_random.Next(2) == 0 ? Texts[_random.Next(Texts.Length)] : "");

    private ByteString Bytes()
    {
        var bytes = new byte[_random.Next(9)];
        _random.NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }

    private int Nanos() => _random.Next(4) switch { 0 => 0, 1 => _random.Next(1000) * 1_000_000, 2 => _random.Next(1_000_000) * 1000, _ => _random.Next(1_000_000_000) };
}
