using System.Buffers.Text;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Json;

/// <content>Scalars, keys, defaults, and messages that have a JSON form of their own.</content>
internal sealed partial class ProtoToJson
{
    private bool WriteScalar(ProtoField field, Place place)
    {
        var bytes = _wire.Written.Slice(place.Start, place.Length);
        switch (field.Kind)
        {
            case ProtoKind.String:
                _json.String(bytes);
                return true;
            case ProtoKind.Bytes:
                _json.Base64(bytes);
                return true;
            default:
                WriteNumber(field, NumberAt(place));
                return true;
        }
    }

    private void WriteNumber(ProtoField field, ulong number)
    {
        switch (field.Kind)
        {
            case ProtoKind.Double:
                _json.Number(BitConverter.UInt64BitsToDouble(number));
                break;
            case ProtoKind.Float:
                _json.Number(BitConverter.UInt32BitsToSingle((uint)number));
                break;
            case ProtoKind.Bool:
                _json.Raw(number != 0 ? "true"u8 : "false"u8);
                break;
            case ProtoKind.Enum:
                WriteEnum(field.Enum!, (int)number);
                break;
            default:
                Span<byte> text = stackalloc byte[24];
                var digits = text[..FormatInteger(field.Kind, number, text)];
                // 64-bit numbers are more than a JavaScript number holds.
                if (field.Kind is ProtoKind.Int64 or ProtoKind.UInt64 or ProtoKind.SInt64 or ProtoKind.Fixed64 or ProtoKind.SFixed64)
                    _json.Quoted(digits);
                else
                    _json.Raw(digits);
                break;
        }
    }

    private static int FormatInteger(ProtoKind kind, ulong number, Span<byte> text)
    {
        int length;
        _ = kind switch
        {
            ProtoKind.UInt64 or ProtoKind.Fixed64 => Utf8Formatter.TryFormat(number, text, out length),
            ProtoKind.UInt32 or ProtoKind.Fixed32 => Utf8Formatter.TryFormat((uint)number, text, out length),
            ProtoKind.SInt32 => Utf8Formatter.TryFormat((int)((uint)number >> 1) ^ -(int)(number & 1), text, out length),
            ProtoKind.SInt64 => Utf8Formatter.TryFormat((long)(number >> 1) ^ -(long)(number & 1), text, out length),
            ProtoKind.Int64 or ProtoKind.SFixed64 => Utf8Formatter.TryFormat((long)number, text, out length),
            _ => Utf8Formatter.TryFormat((int)number, text, out length),
        };
        return length;
    }

    private void WriteEnum(ProtoEnum type, int number)
    {
        if (type.IsNull)
            _json.Raw("null"u8);
        else if (!_print.EnumsAsNumbers && type.NameOf(number) is { IsEmpty: false } name)
            _json.String(name);
        else
            _json.Number((long)number);
    }

    private void WriteKey(ProtoField key, Place place)
    {
        if (key.Kind == ProtoKind.String)
        {
            _json.KeyText(_wire.Written.Slice(place.Start, place.Length));
            return;
        }

        var number = NumberAt(place);
        if (key.Kind == ProtoKind.Bool)
        {
            _json.KeyText(number != 0 ? "true"u8 : "false"u8);
            return;
        }

        Span<byte> text = stackalloc byte[24];
        _json.KeyText(text[..FormatInteger(key.Kind, number, text)]);
    }

    private void WriteDefaultKey(ProtoField key) => _json.KeyText(key.Kind switch
    {
        ProtoKind.String => ""u8,
        ProtoKind.Bool => "false"u8,
        _ => "0"u8,
    });

    private bool WriteNamedDefault(ProtoField field)
    {
        _json.Key(_print.ProtoNames ? field.NameKey : field.JsonKey);
        return WriteDefault(field, isRoot: false);
    }

    // What a field is that was not sent.
    private bool WriteDefault(ProtoField field, bool isRoot)
    {
        if (field.IsMap)
        {
            _json.StartObject();
            _json.EndObject();
        }
        else if (field.IsRepeated)
        {
            _json.StartArray();
            _json.EndArray();
        }
        else if (field.IsMessage)
        {
            return isRoot && field.Message!.WellKnown is not (WellKnownType.None or WellKnownType.Struct) ? WriteNull() : WriteMessage(new Range(0, 0), field.Message!);
        }
        else if (field.Kind is ProtoKind.String or ProtoKind.Bytes)
        {
            _json.Quoted(default);
        }
        else
        {
            WriteNumber(field, field.Kind == ProtoKind.Enum ? (ulong)field.Enum!.Default : 0);
        }

        return true;
    }

    private bool WriteNull()
    {
        _json.Raw("null"u8);
        return true;
    }

    private bool IsDefault(ProtoField field, int index)
    {
        var place = _places[index];
        return field.Kind switch
        {
            ProtoKind.String or ProtoKind.Bytes => place.Length == 0,
            ProtoKind.Enum => (int)NumberAt(place) == field.Enum!.Default,
            // Minus zero is not zero.
            _ => NumberAt(place) == 0,
        };
    }

    private bool WriteWellKnown(Range range, ProtoMessage message)
    {
        var start = _count;
        if (!Collect(range, message))
            return false;
        var done = message.WellKnown switch
        {
            WellKnownType.Wrapper => WriteWrapper(message.Find(1)!, start),
            WellKnownType.Timestamp => WellKnownText.TryWriteTimestamp(LongOf(start, message.Find(1)!), (int)LongOf(start, message.Find(2)!), _json)
                || Fail("Timestamp is out of range."),
            WellKnownType.Duration => WellKnownText.TryWriteDuration(LongOf(start, message.Find(1)!), (int)LongOf(start, message.Find(2)!), _json)
                || Fail("Duration is out of range."),
            WellKnownType.FieldMask => WriteFieldMask(start),
            WellKnownType.Struct => WriteMap(message.Find(1)!, start, _count),
            WellKnownType.ListValue => WriteList(message.Find(1)!, start, _count),
            WellKnownType.Value => WriteValue(message, start),
            _ => WriteAny(start, message),
        };
        _count = start;
        return done;
    }

    private bool WriteWrapper(ProtoField field, int start)
    {
        var (from, to) = PlacesOf(start, field.Index);
        return from == to ? WriteDefault(field, isRoot: false) : WriteScalar(field, _places[to - 1]);
    }

    private bool WriteFieldMask(int start)
    {
        _scratch.Clear();
        for (var i = start; i < _count; i++)
        {
            if (i > start)
                _scratch.Append((byte)',');
            WellKnownText.AppendPath(_wire.Written.Slice(_places[i].Start, _places[i].Length), _scratch);
        }

        _json.String(_scratch.Written);
        return true;
    }

    private bool WriteValue(ProtoMessage message, int start)
    {
        // Its fields are one oneof, of which one is left.
        if (start == _count)
            return WriteNull();
        var field = message.Fields[_places[_count - 1].Field];
        var (from, to) = PlacesOf(start, field.Index);
        return WriteFieldValue(field, from, to);
    }

    private bool WriteAny(int start, ProtoMessage message)
    {
        var (urlFrom, urlTo) = PlacesOf(start, message.Find(1)!.Index);
        var (from, to) = PlacesOf(start, message.Find(2)!.Index);
        _json.StartObject();
        if (urlFrom == urlTo)
        {
            _json.EndObject();
            return from == to || Fail("Invalid type URL, empty.");
        }

        var url = _places[urlTo - 1];
        var span = _wire.Written.Slice(url.Start, url.Length);
        if (_types.FindByUrl(span) is not { } type)
            return Fail($"Invalid type URL, unknown type: {System.Text.Encoding.UTF8.GetString(span)}");
        _json.KeyText("@type"u8);
        _json.String(span);
        var range = from == to ? new Range(0, 0) : _places[to - 1].Range;
        if (type.WellKnown == WellKnownType.None)
        {
            if (!WriteFields(range, type))
                return false;
        }
        else
        {
            _json.KeyText("value"u8);
            if (!WriteMessage(range, type))
                return false;
        }

        _json.EndObject();
        return true;
    }

    private long LongOf(int start, ProtoField field)
    {
        var (from, to) = PlacesOf(start, field.Index);
        return from == to ? 0 : (long)NumberAt(_places[to - 1]);
    }
}
