using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Unicode;
using Envoy.Buffers;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Json;

/// <summary>
/// Turns the text of one scalar into its wire form: numbers in quotes count as numbers, and names of enums as their numbers, as protobuf's
/// JSON mapping has it. Worker-owned.
/// </summary>
internal sealed class ScalarReader(WireWriter output)
{
    private static readonly SearchValues<byte> NumberBytes = SearchValues.Create("+-.0123456789eE"u8);

    private readonly ByteSink _base64 = new();

    /// <summary>Names of enum values count in any case.</summary>
    public bool AnyCaseEnums { get; set; }

    /// <summary>Writes a value.</summary>
    /// <param name="field">Its field.</param>
    /// <param name="text">The text, without quotes.</param>
    /// <param name="quoted">Whether there were quotes.</param>
    /// <param name="tagged">The field's tag is written before it, which a packed run does not have.</param>
    public bool TryWrite(ProtoField field, ReadOnlySpan<byte> text, bool quoted, bool tagged)
    {
        switch (field.Kind)
        {
            case ProtoKind.Int32:
                return TryInteger(text, int.MinValue, int.MaxValue, out var number) && Varint(field, (ulong)number, tagged);
            case ProtoKind.Int64:
                return TryInteger(text, long.MinValue, long.MaxValue, out number) && Varint(field, (ulong)number, tagged);
            case ProtoKind.UInt32:
                return TryInteger(text, 0, uint.MaxValue, out number) && Varint(field, (ulong)number, tagged);
            case ProtoKind.SInt32:
                return TryInteger(text, int.MinValue, int.MaxValue, out number) && Varint(field, (uint)((number << 1) ^ (number >> 63)), tagged);
            case ProtoKind.SInt64:
                return TryInteger(text, long.MinValue, long.MaxValue, out number) && Varint(field, (ulong)((number << 1) ^ (number >> 63)), tagged);
            case ProtoKind.UInt64:
                return TryUnsigned(text, out var unsigned) && Varint(field, unsigned, tagged);
            case ProtoKind.Fixed32:
                return TryInteger(text, 0, uint.MaxValue, out number) && Fixed32(field, (uint)number, tagged);
            case ProtoKind.SFixed32:
                return TryInteger(text, int.MinValue, int.MaxValue, out number) && Fixed32(field, (uint)number, tagged);
            case ProtoKind.Fixed64:
                return TryUnsigned(text, out unsigned) && Fixed64(field, unsigned, tagged);
            case ProtoKind.SFixed64:
                return TryInteger(text, long.MinValue, long.MaxValue, out number) && Fixed64(field, (ulong)number, tagged);
            case ProtoKind.Float:
                if (!TryDouble(text, quoted, out var real) || (double.IsFinite(real) && !float.IsFinite((float)real)))
                    return false;
                return Fixed32(field, BitConverter.SingleToUInt32Bits((float)real), tagged);
            case ProtoKind.Double:
                return TryDouble(text, quoted, out real) && Fixed64(field, BitConverter.DoubleToUInt64Bits(real), tagged);
            case ProtoKind.Bool:
                var isTrue = text.SequenceEqual("true"u8);
                return (isTrue || text.SequenceEqual("false"u8)) && Varint(field, isTrue ? 1u : 0u, tagged);
            case ProtoKind.Enum:
                return TryEnum(field.Enum!, text, quoted, out var value) && Varint(field, (ulong)value, tagged);
            case ProtoKind.String:
                if (!quoted || !Utf8.IsValid(text))
                    return false;
                output.Tag(field.Number, WireType.Bytes);
                output.Bytes(text);
                return true;
            case ProtoKind.Bytes:
                if (!quoted || !TryBase64(text))
                    return false;
                output.Tag(field.Number, WireType.Bytes);
                output.Bytes(_base64.Written);
                return true;
            default:
                return false;
        }
    }

    public static bool TryDouble(ReadOnlySpan<byte> text, bool quoted, out double value)
    {
        if (quoted)
        {
            value = double.NaN;
            if (text.SequenceEqual("NaN"u8))
                return true;
            value = double.PositiveInfinity;
            if (text.SequenceEqual("Infinity"u8))
                return true;
            value = double.NegativeInfinity;
            if (text.SequenceEqual("-Infinity"u8))
                return true;
        }

        return TryPlainNumber(text, out value) && double.IsFinite(value);
    }

    private static bool TryPlainNumber(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        // .NET's parser knows words, too.
        return !text.ContainsAnyExcept(NumberBytes) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryInteger(ReadOnlySpan<byte> text, long least, long most, out long value)
    {
        if (Utf8Parser.TryParse(text, out value, out var length) && length == text.Length)
            return value >= least && value <= most;
        // 1.0 and 1e2 are integers to JSON.
        if (!TryWhole(text, out var number) || number < least || number > most)
            return false;
        value = (long)number;
        return true;
    }

    private static bool TryUnsigned(ReadOnlySpan<byte> text, out ulong value)
    {
        if (Utf8Parser.TryParse(text, out value, out var length) && length == text.Length)
            return true;
        if (!TryWhole(text, out var number) || number < 0 || number > ulong.MaxValue)
            return false;
        value = (ulong)number;
        return true;
    }

    private static bool TryWhole(ReadOnlySpan<byte> text, out decimal value)
    {
        value = 0;
        // Longer than any 64-bit number in any form that somebody writes on purpose.
        return text.Length <= 64 && !text.ContainsAnyExcept(NumberBytes)
            && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && decimal.IsInteger(value);
    }

    private bool TryEnum(ProtoEnum type, ReadOnlySpan<byte> text, bool quoted, out long value)
    {
        if (!quoted || !type.TryFind(text, AnyCaseEnums, out var number))
            return TryInteger(text, int.MinValue, int.MaxValue, out value);
        value = number;
        return true;
    }

    // Both alphabets, with or without padding.
    private bool TryBase64(ReadOnlySpan<byte> text)
    {
        var length = text.Length;
        while (length > 0 && text[length - 1] == '=')
            length--;
        text = text[..length];
        if (length % 4 == 1)
            return false;
        _base64.Clear();
        var room = _base64.GetSpan(length + 3);
        text.CopyTo(room);
        var padded = (length + 3) & ~3;
        for (var i = 0; i < length; i++)
        {
            if (room[i] is (byte)'-' or (byte)'_')
                room[i] = room[i] == '-' ? (byte)'+' : (byte)'/';
        }

        room[length..padded].Fill((byte)'=');
        if (Base64.DecodeFromUtf8InPlace(room[..padded], out var written) != OperationStatus.Done)
            return false;
        _base64.Advance(written);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Varint(ProtoField field, ulong value, bool tagged)
    {
        if (tagged)
            output.Tag(field.Number, WireType.Varint);
        output.Varint(value);
        return true;
    }

    private bool Fixed32(ProtoField field, uint value, bool tagged)
    {
        if (tagged)
            output.Tag(field.Number, WireType.Fixed32);
        output.Fixed32(value);
        return true;
    }

    private bool Fixed64(ProtoField field, ulong value, bool tagged)
    {
        if (tagged)
            output.Tag(field.Number, WireType.Fixed64);
        output.Fixed64(value);
        return true;
    }
}
