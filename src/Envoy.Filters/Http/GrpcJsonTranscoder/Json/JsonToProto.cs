using System.Text;
using System.Text.Unicode;
using Envoy.Buffers;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;
using Envoy.Filters.Http.GrpcJsonTranscoder.Paths;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Json;

/// <summary>
/// Turns JSON into a message's wire form, field by field as it is read, and weaves in what path and query said: the body's own values count
/// before those, except that repeated fields get both. Fields that the message does not have are passed over. Used for message after
/// message. Worker-owned.
/// </summary>
internal sealed partial class JsonToProto
{
    // An Any whose type stands last is read twice, so that many inside each other cost the square.
    private const int MostAnys = 8;

    private readonly ScalarReader _scalars;
    private readonly ByteSink _string = new();
    private readonly ByteSink _scratch = new();
    private readonly WireWriter _compared = new();
    private readonly ScalarReader _comparing;
    private Place[] _places = new Place[32];
    private int _placeCount;
    private int _anys;
    private ProtoTypes _types = null!;
    private BindingTree _bindings = new();
    private bool _rejectCollisions;

    public JsonToProto()
    {
        _scalars = new ScalarReader(Output);
        _comparing = new ScalarReader(_compared);
    }

    /// <summary>The message, after a conversion that went well.</summary>
    public WireWriter Output { get; } = new();

    /// <summary>Why a conversion did not go well.</summary>
    public string Error { get; private set; } = "";

    /// <summary>Converts a request.</summary>
    /// <param name="settings">How.</param>
    /// <param name="message">The message's type.</param>
    /// <param name="bodyPath">The field that the JSON is for; empty: the message itself.</param>
    /// <param name="json">The JSON text; empty: an empty object.</param>
    /// <param name="bindings">What path and query say; it is used up.</param>
    public bool TryConvert(JsonToProtoSettings settings, ProtoMessage message, ReadOnlySpan<ProtoField> bodyPath, ReadOnlySpan<byte> json, BindingTree bindings)
    {
        Begin(settings, bindings);
        if (json.IsEmpty)
            json = bodyPath.IsEmpty || IsObject(bodyPath[^1]) ? "{}"u8 : "null"u8;
        if (!Utf8.IsValid(json))
            return Fail("Encountered non UTF-8 code points.");
        var reader = new JsonReader(json, _string);
        if (WriteBody(ref reader, message, bodyPath, BindingTree.Root) && reader.TryEnd())
            return true;
        if (reader.Error is { } error)
            Error = error;
        return false;
    }

    /// <summary>Converts a request that has no JSON: the fields of path and query, and around <paramref name="writeBody"/>'s bytes those of the way to it.</summary>
    public bool TryConvert(JsonToProtoSettings settings, ReadOnlySpan<ProtoField> bodyPath, BindingTree bindings, Action<WireWriter> writeBody)
    {
        Begin(settings, bindings);
        return WriteAround(bodyPath, BindingTree.Root, writeBody);
    }

    private void Begin(JsonToProtoSettings settings, BindingTree bindings)
    {
        _types = settings.Types;
        _bindings = bindings;
        _rejectCollisions = settings.RejectCollisions;
        _scalars.AnyCaseEnums = _comparing.AnyCaseEnums = settings.AnyCaseEnums;
        Output.Clear();
        _placeCount = _anys = 0;
        Error = "";
    }

    private bool WriteAround(ReadOnlySpan<ProtoField> path, int node, Action<WireWriter> writeBody)
    {
        if (path.IsEmpty)
        {
            // Nothing of path or query goes into the body's own message.
            writeBody(Output);
            return true;
        }

        Output.Begin(path[0].Number);
        var child = _bindings.Find(node, path[0]);
        if (!WriteAround(path[1..], child, writeBody))
            return false;
        Output.End();
        if (child != BindingTree.None)
            _bindings.Finish(child);
        return WriteRest(node);
    }

    private bool WriteBody(ref JsonReader reader, ProtoMessage message, ReadOnlySpan<ProtoField> path, int node)
    {
        if (path.IsEmpty)
            return WriteMessage(ref reader, message, node);
        var field = path[0];
        if (path.Length == 1)
        {
            if (!WriteField(ref reader, field, node))
                return false;
        }
        else
        {
            var child = _bindings.Find(node, field);
            Enter(field);
            Output.Begin(field.Number);
            if (!WriteBody(ref reader, field.Message!, path[1..], child))
                return false;
            Output.End();
            Leave();
            if (child != BindingTree.None)
                _bindings.Finish(child);
        }

        return WriteRest(node);
    }

    // The inside of a message: its fields, or what its JSON is instead.
    private bool WriteMessage(ref JsonReader reader, ProtoMessage message, int node)
    {
        if (message.WellKnown != WellKnownType.None)
            return WriteWellKnown(ref reader, message);
        return WriteObject(ref reader, message, node);
    }

    private bool WriteObject(ref JsonReader reader, ProtoMessage message, int node)
    {
        var kind = reader.Peek();
        if (kind != JsonKind.Object)
            return FailAt(ref reader, kind, message.FullName);
        if (!reader.TryStart())
            return false;
        var first = true;
        while (reader.TryMember(ref first, out var name))
        {
            if (!(message.Find(name) is { } field ? WriteField(ref reader, field, node) : reader.TrySkip()))
                return false;
        }

        return reader.Error is null && WriteRest(node);
    }

    private bool WriteField(ref JsonReader reader, ProtoField field, int node)
    {
        var kind = reader.Peek();
        if (kind == JsonKind.Null && !TakesNull(field))
            return reader.TryWord("null"u8);
        Enter(field);
        var child = _bindings.Find(node, field);
        var done = field.IsMap && kind == JsonKind.Object
            ? WriteMap(ref reader, field)
            : field.IsRepeated && kind == JsonKind.Array ? WriteList(ref reader, field) : WriteOne(ref reader, field, child, collides: !field.IsRepeated);
        if (!done)
            return false;
        Leave();
        // What path and query say of a repeated field comes behind the body's values.
        if (child != BindingTree.None && !field.IsRepeated)
            _bindings.Finish(child);
        return true;
    }

    private bool WriteOne(ref JsonReader reader, ProtoField field, int child, bool collides)
    {
        switch (field.Kind)
        {
            case ProtoKind.Message when field.IsMap:
                return FailAt(ref reader, reader.Peek(), field.Message!.FullName);
            case ProtoKind.Message:
                Output.Begin(field.Number);
                if (!WriteMessage(ref reader, field.Message!, collides ? child : BindingTree.None))
                    return false;
                Output.End();
                return true;
            case ProtoKind.Group:
                Output.Tag(field.Number, WireType.StartGroup);
                if (!WriteMessage(ref reader, field.Message!, collides ? child : BindingTree.None))
                    return false;
                Output.Tag(field.Number, WireType.EndGroup);
                return true;
            default:
                return WriteScalar(ref reader, field, tagged: true, collides ? child : BindingTree.None);
        }
    }

    private bool WriteList(ref JsonReader reader, ProtoField field)
    {
        if (!reader.TryStart())
            return false;
        var packed = field is { IsPacked: true, IsPackable: true };
        var first = true;
        var index = 0;
        var any = false;
        while (reader.TryElement(ref first))
        {
            if (packed && !any)
                Output.Begin(field.Number);
            any = true;
            _places[_placeCount - 1].Index = index++;
            if (!(packed ? WriteScalar(ref reader, field, tagged: false, BindingTree.None) : WriteOne(ref reader, field, BindingTree.None, collides: false)))
                return false;
        }

        if (packed && any)
            Output.End();
        return reader.Error is null;
    }

    private bool WriteMap(ref JsonReader reader, ProtoField field)
    {
        if (!reader.TryStart())
            return false;
        var (key, value) = (field.Message!.Find(1), field.Message.Find(2));
        if (key is null || value is null)
            return Fail($"{field.Message.FullName} is no map entry.");
        var first = true;
        while (reader.TryMember(ref first, out var name))
        {
            Output.Begin(field.Number);
            if (!_scalars.TryWrite(key, name, quoted: true, tagged: true))
                return FailValue(key, name, quoted: true);
            var kind = reader.Peek();
            if (kind == JsonKind.Null && !TakesNull(value))
                return FailAt(ref reader, kind, NameOf(value));
            if (!WriteOne(ref reader, value, BindingTree.None, collides: false))
                return false;
            Output.End();
        }

        return reader.Error is null;
    }

    private bool WriteScalar(ref JsonReader reader, ProtoField field, bool tagged, int child)
    {
        if (!TryScalarText(ref reader, field, out var text, out var quoted))
            return false;
        if (child != BindingTree.None && _rejectCollisions && !IsSame(field, child, text, quoted))
        {
            var bound = Encoding.UTF8.GetString(_bindings.TextOf(_bindings.LastText(child)));
            return Fail($"The binding value \"{bound}\" of the field {field.Name} is conflicting with the value {Show(text, quoted)} in the body.");
        }

        return _scalars.TryWrite(field, text, quoted, tagged) || FailValue(field, text, quoted);
    }

    private bool TryScalarText(ref JsonReader reader, ProtoField field, out ReadOnlySpan<byte> text, out bool quoted)
    {
        text = default;
        var kind = reader.Peek();
        quoted = kind == JsonKind.String;
        switch (kind)
        {
            case JsonKind.String:
                return reader.TryString(out text);
            case JsonKind.Number:
                return reader.TryNumber(out text);
            case JsonKind.True:
                text = "true"u8;
                return reader.TryWord("true"u8);
            case JsonKind.False:
                text = "false"u8;
                return reader.TryWord("false"u8);
            case JsonKind.Null when field.Enum is { IsNull: true }:
                text = "0"u8;
                return reader.TryWord("null"u8);
            default:
                return FailAt(ref reader, kind, NameOf(field));
        }
    }

    private bool IsSame(ProtoField field, int child, ReadOnlySpan<byte> text, bool quoted)
    {
        if (_bindings.LastText(child) == BindingTree.None || _bindings.FirstText(child) == BindingTree.None)
            return true;
        _compared.Clear();
        if (!_comparing.TryWrite(field, text, quoted, tagged: false))
            return true; // The body's value is wrong, which is said later.
        var length = _compared.Length;
        if (!_comparing.TryWrite(field, _bindings.TextOf(_bindings.LastText(child)), quoted: true, tagged: false))
            return false;
        return _compared.Length == length * 2 && _compared.HalvesAreEqual();
    }

    // What path and query say of this message, and the body did not.
    private bool WriteRest(int node)
    {
        if (node == BindingTree.None)
            return true;
        for (var child = _bindings.FirstChild(node); child != BindingTree.None; child = _bindings.NextOf(child))
        {
            if (!_bindings.HasAny(child))
                continue;
            var field = _bindings.FieldOf(child);
            Enter(field);
            if (!WriteTexts(field, child))
                return false;
            if (_bindings.FirstChild(child) != BindingTree.None)
            {
                if (field.Kind == ProtoKind.Group)
                    Output.Tag(field.Number, WireType.StartGroup);
                else
                    Output.Begin(field.Number);
                if (!WriteRest(child))
                    return false;
                if (field.Kind == ProtoKind.Group)
                    Output.Tag(field.Number, WireType.EndGroup);
                else
                    Output.End();
            }

            Leave();
            _bindings.Finish(child);
        }

        return true;
    }

    private bool WriteTexts(ProtoField field, int node)
    {
        // One that is not repeated is as the last one said.
        var text = field.IsRepeated ? _bindings.FirstText(node) : _bindings.FirstText(node) == BindingTree.None ? BindingTree.None : _bindings.LastText(node);
        for (; text != BindingTree.None; text = _bindings.NextText(text))
        {
            var value = _bindings.TextOf(text);
            if (!(field.IsMessage ? WriteMessageText(field, value) : _scalars.TryWrite(field, value, quoted: true, tagged: true)))
                return FailValue(field, value, quoted: true);
        }

        return true;
    }

    private static bool IsObject(ProtoField field) =>
        field is { IsRepeated: false, Message.WellKnown: WellKnownType.None or WellKnownType.Struct or WellKnownType.Any };

    private static bool TakesNull(ProtoField field) => field.Message is { WellKnown: WellKnownType.Value } || field.Enum is { IsNull: true };
}
