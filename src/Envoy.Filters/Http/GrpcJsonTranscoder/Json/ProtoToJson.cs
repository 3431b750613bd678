using System.Buffers.Binary;
using Envoy.Buffers;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Json;

/// <summary>
/// Turns a message's wire form into JSON (protobuf's JSON mapping): fields in the order of the proto file, unknown ones left out, the last
/// value where one that is not repeated came twice, messages that came twice merged. Used for message after message. Worker-owned.
/// </summary>
/// <remarks>
/// A message is looked through once for where its fields are; a table of places, shared by all levels like a stack, is sorted only where the
/// sender did not keep the order. All places are offsets, so that what has to be put together can be added behind.
/// </remarks>
internal sealed partial class ProtoToJson
{
    // Parts in parts, level for level, would make a hundred copies of a response.
    private const int MostMergedBytes = 64 * 1024;

    private readonly ByteSink _wire = new();
    private readonly ByteSink _scratch = new();
    private readonly HashSet<MapKey> _keys;
    private readonly JsonWriter _json;
    private Place[] _places = new Place[64];
    private int _count;
    private int _length;
    private PrintSettings _print = new();
    private ProtoTypes _types = null!;

    public ProtoToJson()
    {
        _json = new JsonWriter(Output);
        _keys = new HashSet<MapKey>(new KeyComparer(_wire));
    }

    /// <summary>The JSON text. What is written is added to it; it is the caller's to clear.</summary>
    public ByteSink Output { get; } = new();

    /// <summary>Why a conversion did not go well.</summary>
    public string Error { get; private set; } = "";

    /// <summary>Where the message is to be put before <see cref="TryConvert"/>; cleared by the caller.</summary>
    public ByteSink Input => _wire;

    /// <summary>Converts what is in <see cref="Input"/>, or the field of it that <paramref name="path"/> leads to.</summary>
    public bool TryConvert(ProtoTypes types, PrintSettings print, ProtoMessage message, ReadOnlySpan<ProtoField> path)
    {
        _types = types;
        _print = print;
        _count = 0;
        Error = "";
        _json.Reset();
        _json.Indents = print.Indents;
        _length = _wire.Length;
        var whole = new Range(0, _length);
        return path.IsEmpty ? WriteMessage(whole, message) : WritePath(whole, message, path);
    }

    private bool WritePath(Range range, ProtoMessage message, ReadOnlySpan<ProtoField> path)
    {
        var start = _count;
        if (!Collect(range, message))
            return false;
        var field = path[0];
        var (from, to) = PlacesOf(start, field.Index);
        bool done;
        if (path.Length > 1)
            done = TryMerge(from, to, out var inner) && WritePath(inner, field.Message!, path[1..]);
        else if (from == to)
            done = WriteDefault(field, isRoot: true);
        else
            done = WriteFieldValue(field, from, to);
        _count = start;
        return done;
    }

    private bool WriteMessage(Range range, ProtoMessage message)
    {
        if (_json.Depth >= JsonReader.MostDepth)
            return Fail("Message too deep. Max recursion depth reached.");
        if (message.WellKnown != WellKnownType.None)
            return WriteWellKnown(range, message);
        _json.StartObject();
        if (!WriteFields(range, message))
            return false;
        _json.EndObject();
        return true;
    }

    private bool WriteFields(Range range, ProtoMessage message)
    {
        var start = _count;
        if (!Collect(range, message))
            return false;
        var end = _count;
        var next = start;
        if (_print.AlwaysPrintsDefaults)
        {
            foreach (var field in message.Fields)
            {
                var from = next;
                while (next < end && _places[next].Field == field.Index)
                    next++;
                if (!(from < next ? WriteField(field, from, next) : field.HasPresence || WriteNamedDefault(field)))
                    return false;
            }
        }
        else
        {
            while (next < end)
            {
                var from = next;
                var index = _places[from].Field;
                while (next < end && _places[next].Field == index)
                    next++;
                if (!WriteField(message.Fields[index], from, next))
                    return false;
            }
        }

        _count = start;
        return true;
    }

    private bool WriteField(ProtoField field, int from, int to)
    {
        // A field without presence that has its default value is not there, whether it was sent or not.
        if (!field.HasPresence && !field.IsRepeated && !_print.AlwaysPrintsDefaults && IsDefault(field, to - 1))
            return true;
        _json.Key(_print.ProtoNames ? field.NameKey : field.JsonKey);
        return WriteFieldValue(field, from, to);
    }

    private bool WriteFieldValue(ProtoField field, int from, int to)
    {
        if (field.IsMap)
            return WriteMap(field, from, to);
        if (field.IsRepeated)
            return WriteList(field, from, to);
        if (!field.IsMessage)
            return WriteScalar(field, _places[to - 1]);
        var length = _wire.Length;
        var done = TryMerge(from, to, out var range) && WriteMessage(range, field.Message!);
        _wire.Truncate(length);
        return done;
    }

    private bool WriteList(ProtoField field, int from, int to)
    {
        _json.StartArray();
        for (var i = from; i < to; i++)
        {
            var place = _places[i];
            bool done;
            if (field.IsMessage)
                done = WriteMessage(place.Range, field.Message!);
            else if (place.Type == WireType.Bytes && field.IsPackable)
                done = WritePacked(field, place);
            else
                done = WriteScalar(field, place);
            if (!done)
                return false;
        }

        _json.EndArray();
        return true;
    }

    private bool WritePacked(ProtoField field, Place run)
    {
        var position = run.Start;
        var end = run.Start + run.Length;
        while (position < end)
        {
            var reader = new WireReader(_wire.Written[position..end]);
            if (!TryReadNumber(ref reader, field.WireType, out var number))
                return Fail("A packed field is cut short.");
            position += reader.Position;
            WriteNumber(field, number);
        }

        return true;
    }

    private bool WriteMap(ProtoField field, int from, int to)
    {
        var (key, value) = (field.Message!.Find(1), field.Message.Find(2));
        if (key is null || value is null)
            return Fail($"{field.Message.FullName} is no map entry.");
        _json.StartObject();
        if (!WriteEntries(field.Message, key, value, from, to))
            return false;
        _json.EndObject();
        return true;
    }

    private bool WriteEntries(ProtoMessage entry, ProtoField key, ProtoField value, int from, int to)
    {
        if (_json.Depth > JsonReader.MostDepth)
            return Fail("Message too deep. Max recursion depth reached.");
        if (to - from > 1)
            DropOverwritten(entry, from, to);
        for (var i = from; i < to; i++)
        {
            if (_places[i].IsDropped)
                continue;
            var start = _count;
            if (!Collect(_places[i].Range, entry))
                return false;
            var (keyFrom, keyTo) = PlacesOf(start, key.Index);
            if (keyFrom == keyTo)
                WriteDefaultKey(key);
            else
                WriteKey(key, _places[keyTo - 1]);
            var (valueFrom, valueTo) = PlacesOf(start, value.Index);
            if (!(valueFrom == valueTo ? WriteDefault(value, isRoot: false) : WriteFieldValue(value, valueFrom, valueTo)))
                return false;
            _count = start;
        }

        return true;
    }

    // The last entry of a key counts. Backwards, the first one met is it.
    private void DropOverwritten(ProtoMessage entry, int from, int to)
    {
        _keys.Clear();
        for (var i = to - 1; i >= from; i--)
        {
            var start = _count;
            if (!Collect(_places[i].Range, entry))
                return; // Said when the entry is written.
            var (keyFrom, keyTo) = PlacesOf(start, 0);
            var place = keyFrom == keyTo ? default : _places[keyTo - 1];
            _count = start;
            if (!_keys.Add(new MapKey(place.Start, place.Length)))
                _places[i].IsDropped = true;
        }

        _keys.Clear();
    }

    /// <summary>Adds where the fields of a message are to the table, in the order of the fields, and of the wire for each of them.</summary>
    private bool Collect(Range range, ProtoMessage message)
    {
        var start = _count;
        var reader = new WireReader(_wire.Written[range.Start..range.End]);
        var isSorted = true;
        var hasOneofs = false;
        while (reader.TryReadTag(out var number, out var type))
        {
            var field = message.Find(number);
            if (field is null || !(type == field.WireType || (type == WireType.Bytes && field is { IsRepeated: true, IsPackable: true })))
            {
                if (!reader.TrySkip(number, type))
                    break;
                continue;
            }

            if (!TryReadPlace(ref reader, number, type, range.Start, out var place))
                break;
            place.Field = field.Index;
            isSorted &= _count == start || _places[_count - 1].Field <= field.Index;
            hasOneofs |= field.Oneof >= 0;
            if (_count == _places.Length)
                Array.Resize(ref _places, _count * 2);
            _places[_count++] = place;
        }

        if (reader.IsBroken)
            return Fail($"The response is no message of type {message.FullName}.");
        if (hasOneofs)
            KeepLastOfOneofs(message, start);
        if (!isSorted)
            _places.AsSpan(start, _count - start).Sort();
        return true;
    }

    private static bool TryReadPlace(ref WireReader reader, int number, WireType type, int origin, out Place place)
    {
        place = new Place { Start = origin + reader.Position, Type = type };
        if (type is WireType.Bytes or WireType.StartGroup)
        {
            var done = type == WireType.Bytes ? reader.TryReadBytes(out var span) : reader.TryReadGroup(number, out span);
            if (type == WireType.Bytes)
                place.Start = origin + reader.Position - span.Length;
            place.Length = span.Length;
            return done;
        }

        var read = reader.TrySkip(number, type);
        place.Length = origin + reader.Position - place.Start;
        return read;
    }

    // Setting one member of a oneof clears the others: from the end, whatever is before another member is void.
    private void KeepLastOfOneofs(ProtoMessage message, int start)
    {
        const int Open = 0, Closed = -1;
        Span<int> last = message.OneofCount <= 64 ? stackalloc int[64] : new int[message.OneofCount];
        last.Clear();
        for (var i = _count - 1; i >= start; i--)
        {
            var field = message.Fields[_places[i].Field];
            if ((uint)field.Oneof >= (uint)message.OneofCount)
                continue;
            ref var state = ref last[field.Oneof];
            if (state == Open)
                state = field.Number;
            if (state == field.Number)
                continue;
            state = Closed;
            _places[i].IsDropped = true;
        }

        var kept = start;
        for (var i = start; i < _count; i++)
        {
            if (!_places[i].IsDropped)
                _places[kept++] = _places[i];
        }

        _count = kept;
    }

    // The places of one field among those from `start` on.
    private (int From, int To) PlacesOf(int start, int field)
    {
        while (start < _count && _places[start].Field < field)
            start++;
        var end = start;
        while (end < _count && _places[end].Field == field)
            end++;
        return (start, end);
    }

    // A message that came in parts is their bytes one after the other (protobuf's encoding, "last one wins").
    private bool TryMerge(int from, int to, out Range range)
    {
        range = from == to ? new Range(0, 0) : _places[from].Range;
        if (to - from <= 1)
            return true;
        var start = _wire.Length;
        for (var i = from; i < to; i++)
        {
            var part = _places[i].Range;
            if (_wire.Length - _length > _length + MostMergedBytes)
                return Fail("Messages come in too many parts.");
            // The source may move when there is no room: it is looked up anew behind the reservation.
            _ = _wire.GetSpan(part.End - part.Start);
            _wire.Append(_wire.Written[part.Start..part.End]);
        }

        range = new Range(start, _wire.Length);
        return true;
    }

    private bool Fail(string error)
    {
        Error = error;
        return false;
    }

    private readonly record struct Range(int Start, int End);

    private struct Place : IComparable<Place>
    {
        public int Field;
        public int Start;
        public int Length;
        public WireType Type;
        public bool IsDropped;

        public readonly Range Range => new(Start, Start + Length);

        public readonly int CompareTo(Place other) => Field != other.Field ? Field.CompareTo(other.Field) : Start.CompareTo(other.Start);
    }

    /// <summary>Compares keys by the bytes they stand for. Worker-owned.</summary>
    private sealed class KeyComparer(ByteSink wire) : IEqualityComparer<MapKey>
    {
        public bool Equals(MapKey x, MapKey y) => wire.Written.Slice(x.Start, x.Length).SequenceEqual(wire.Written.Slice(y.Start, y.Length));

        public int GetHashCode(MapKey key)
        {
            var hash = default(HashCode);
            hash.AddBytes(wire.Written.Slice(key.Start, key.Length));
            return hash.ToHashCode();
        }
    }

    private static bool TryReadNumber(ref WireReader reader, WireType type, out ulong number)
    {
        switch (type)
        {
            case WireType.Varint:
                return reader.TryReadVarint(out number);
            case WireType.Fixed64:
                return reader.TryReadFixed64(out number);
            case WireType.Fixed32:
                var done = reader.TryReadFixed32(out var small);
                number = small;
                return done;
            default:
                number = 0;
                return false;
        }
    }

    private ulong NumberAt(Place place)
    {
        var span = _wire.Written.Slice(place.Start, place.Length);
        switch (place.Type)
        {
            case WireType.Fixed32:
                return BinaryPrimitives.ReadUInt32LittleEndian(span);
            case WireType.Fixed64:
                return BinaryPrimitives.ReadUInt64LittleEndian(span);
            default:
                _ = new WireReader(span).TryReadVarint(out var number);
                return number;
        }
    }
}
