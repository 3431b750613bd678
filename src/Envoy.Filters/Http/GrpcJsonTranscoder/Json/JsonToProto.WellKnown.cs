using System.Text;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;
using Envoy.Filters.Http.GrpcJsonTranscoder.Paths;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Json;

/// <content>Messages whose JSON is not an object of their fields, and how errors are said.</content>
internal sealed partial class JsonToProto
{
    private bool WriteWellKnown(ref JsonReader reader, ProtoMessage message)
    {
        var kind = reader.Peek();
        switch (message.WellKnown)
        {
            case WellKnownType.Wrapper:
                return WriteScalar(ref reader, message.Find(1)!, tagged: true, BindingTree.None);
            case WellKnownType.Any:
                return WriteAny(ref reader, message);
            case WellKnownType.Struct:
                return kind == JsonKind.Object ? WriteMap(ref reader, message.Find(1)!) : FailAt(ref reader, kind, message.FullName);
            case WellKnownType.ListValue:
                // Its list is in a field of messages, which stands where the places of lists do.
                if (kind != JsonKind.Array)
                    return FailAt(ref reader, kind, message.FullName);
                Enter(message.Find(1)!);
                if (!WriteList(ref reader, message.Find(1)!))
                    return false;
                Leave();
                return true;
            case WellKnownType.Value:
                return WriteValue(ref reader, message, kind);
            default:
                if (kind != JsonKind.String)
                    return FailAt(ref reader, kind, message.FullName);
                if (!reader.TryString(out var text))
                    return false;
                return TryWriteText(message, text) || Fail(At() + $"invalid value {Show(text, quoted: true)} for type type.googleapis.com/{message.FullName}");
        }
    }

    // A message field from one text, which only path and query have.
    private bool WriteMessageText(ProtoField field, ReadOnlySpan<byte> text)
    {
        var message = field.Message!;
        if (field.Kind == ProtoKind.Group || field.IsMap)
            return false;
        Output.Begin(field.Number);
        var done = message.WellKnown switch
        {
            WellKnownType.Timestamp or WellKnownType.Duration or WellKnownType.FieldMask => TryWriteText(message, text),
            WellKnownType.Wrapper => _scalars.TryWrite(message.Find(1)!, text, quoted: true, tagged: true),
            WellKnownType.Value => _scalars.TryWrite(message.Find(3)!, text, quoted: true, tagged: true),
            _ => false,
        };
        Output.End();
        return done;
    }

    private bool TryWriteText(ProtoMessage message, ReadOnlySpan<byte> text) => message.WellKnown switch
    {
        WellKnownType.Timestamp => WellKnownText.TryReadTimestamp(text, Output),
        WellKnownType.Duration => WellKnownText.TryReadDuration(text, Output),
        WellKnownType.FieldMask => WellKnownText.TryReadFieldMask(text, Output, _scratch),
        _ => false,
    };

    private bool WriteValue(ref JsonReader reader, ProtoMessage message, JsonKind kind)
    {
        switch (kind)
        {
            case JsonKind.Null:
                Output.Tag(1, WireType.Varint);
                Output.Varint(0);
                return reader.TryWord("null"u8);
            case JsonKind.Number:
                return WriteScalar(ref reader, message.Find(2)!, tagged: true, BindingTree.None);
            case JsonKind.String:
                return WriteScalar(ref reader, message.Find(3)!, tagged: true, BindingTree.None);
            case JsonKind.True or JsonKind.False:
                return WriteScalar(ref reader, message.Find(4)!, tagged: true, BindingTree.None);
            case JsonKind.Object:
                return WriteOne(ref reader, message.Find(5)!, BindingTree.None, collides: false);
            case JsonKind.Array:
                return WriteOne(ref reader, message.Find(6)!, BindingTree.None, collides: false);
            default:
                return FailAt(ref reader, kind, message.FullName);
        }
    }

    private bool WriteAny(ref JsonReader reader, ProtoMessage any)
    {
        var kind = reader.Peek();
        if (kind != JsonKind.Object)
            return FailAt(ref reader, kind, any.FullName);
        if (++_anys > MostAnys)
            return Fail(At() + "Any messages lie too deep in each other.");
        if (!TryFindType(reader, out var type, out var isEmpty))
            return false;
        if (!isEmpty)
        {
            Output.Begin(2);
            if (!WriteAnyFields(ref reader, type!))
                return false;
            Output.End();
        }
        else if (!reader.TrySkip())
        {
            return false;
        }

        _anys--;
        return true;
    }

    // The type may stand anywhere in the object: a reader that goes ahead looks for it.
    private bool TryFindType(JsonReader ahead, out ProtoMessage? type, out bool isEmpty)
    {
        type = null;
        isEmpty = true;
        if (!ahead.TryStart())
            return Fail(ahead.Error!);
        var first = true;
        while (ahead.TryMember(ref first, out var name))
        {
            isEmpty = false;
            if (!name.SequenceEqual("@type"u8))
            {
                if (!ahead.TrySkip())
                    return Fail(ahead.Error!);
                continue;
            }

            if (ahead.Peek() != JsonKind.String || !ahead.TryString(out var url))
                return Fail(At() + "Invalid type URL, type URLs must be of the form 'type.googleapis.com/<typename>'.");
            type = _types.FindByUrl(url);
            if (type is null)
                return Fail(At() + $"Invalid type URL, unknown type: {Show(url, quoted: false)}");
            Output.Tag(1, WireType.Bytes);
            Output.Bytes(url);
            return true;
        }

        if (ahead.Error is { } error)
            return Fail(error);
        return isEmpty || Fail(At() + "Missing @type for any field.");
    }

    private bool WriteAnyFields(ref JsonReader reader, ProtoMessage type)
    {
        if (!reader.TryStart())
            return false;
        var first = true;
        while (reader.TryMember(ref first, out var name))
        {
            var isValue = type.WellKnown != WellKnownType.None && name.SequenceEqual("value"u8);
            bool done;
            if (isValue)
                done = WriteWellKnown(ref reader, type);
            else if (type.WellKnown == WellKnownType.None && type.Find(name) is { } field)
                done = WriteField(ref reader, field, BindingTree.None);
            else
                done = reader.TrySkip();
            if (!done)
                return false;
        }

        return reader.Error is null;
    }

    private void Enter(ProtoField field)
    {
        if (_placeCount == _places.Length)
            Array.Resize(ref _places, _placeCount * 2);
        _places[_placeCount++] = new Place { Field = field, Index = -1 };
    }

    private void Leave() => _placeCount--;

    private bool Fail(string error)
    {
        if (Error.Length == 0)
            Error = error;
        return false;
    }

    private bool FailValue(ProtoField field, ReadOnlySpan<byte> text, bool quoted) => Fail(At() + $"invalid value {Show(text, quoted)} for type {NameOf(field)}");

    // The value is not of a kind that can stand here, or the text is broken.
    private bool FailAt(ref JsonReader reader, JsonKind kind, string type)
    {
        switch (kind)
        {
            case JsonKind.Wrong:
                return Fail("Unexpected token.");
            case JsonKind.End:
                return Fail("Unexpected end of string. Expected a value.");
            default:
                var what = kind switch { JsonKind.Object => "an object", JsonKind.Array => "an array", JsonKind.Null => "null", JsonKind.String => "a string", JsonKind.Number => "a number", _ => "a boolean" };
                return Fail(At() + $"invalid value {what} for type {type}");
        }
    }

    private string At()
    {
        if (_placeCount == 0)
            return "";
        var text = new StringBuilder();
        for (var i = 0; i < _placeCount; i++)
        {
            if (i > 0)
                _ = text.Append('.');
            _ = text.Append(_places[i].Field.Name);
            if (_places[i].Index >= 0)
                _ = text.Append('[').Append(_places[i].Index).Append(']');
        }

        return text.Append(": ").ToString();
    }

    private static string Show(ReadOnlySpan<byte> text, bool quoted)
    {
        const int Most = 100;
        var shown = Encoding.UTF8.GetString(text.Length > Most ? text[..Most] : text);
        return quoted ? $"\"{shown}\"" : shown;
    }

    private static string NameOf(ProtoField field) => field.Enum is { } type ? "type.googleapis.com/" + type.FullName
        : field.Message is { } message ? "type.googleapis.com/" + message.FullName : "TYPE_" + field.Kind.ToString().ToUpperInvariant();

    private struct Place
    {
        public ProtoField Field;
        public int Index;
    }
}
