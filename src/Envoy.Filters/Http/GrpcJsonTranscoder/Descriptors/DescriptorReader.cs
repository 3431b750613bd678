using System.Text;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

/// <summary>
/// Reads a <c>google.protobuf.FileDescriptorSet</c>, numbers as in descriptor.proto: first every name, then what the fields refer to. A set
/// must hold its imports. For one set; used by one thread.
/// </summary>
internal sealed class DescriptorReader
{
    // Types inside types; nobody writes ten.
    private const int MostNesting = 32;

    private readonly Dictionary<string, ProtoMessage> _messages = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProtoEnum> _enums = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<ProtoMethod>> _services = new(StringComparer.Ordinal);
    private readonly List<(ProtoMessage Message, byte[] Bytes, FeatureSet Features)> _bodies = [];
    private readonly List<(string Package, byte[] Bytes)> _serviceBodies = [];

    public ProtoTypes Read(ReadOnlySpan<byte> set)
    {
        var reader = new WireReader(set);
        while (reader.TryReadTag(out var number, out var type))
        {
            if (number == 1 && type == WireType.Bytes && reader.TryReadBytes(out var file))
                ReadFile(file);
            else if (number != 1 || type != WireType.Bytes)
                _ = reader.TrySkip(number, type);
        }

        Check(ref reader, "a descriptor set");
        foreach (var (message, bytes, features) in _bodies)
            ReadFields(message, bytes, features);
        foreach (var message in _messages.Values)
            message.Complete();
        foreach (var (package, bytes) in _serviceBodies)
            ReadService(package, bytes);
        return new ProtoTypes(_messages, _services);
    }

    private void ReadFile(ReadOnlySpan<byte> bytes)
    {
        // The package stands behind nothing in particular, so it is looked for first.
        string package = "", syntax = "";
        ReadOnlySpan<byte> options = default;
        var head = new WireReader(bytes);
        while (head.TryReadTag(out var number, out var type))
        {
            if (type != WireType.Bytes)
                _ = head.TrySkip(number, type);
            else if (head.TryReadBytes(out var value))
            {
                if (number == 2)
                    package = Text(value);
                else if (number == 8)
                    options = value;
                else if (number == 12)
                    syntax = Text(value);
            }
        }

        Check(ref head, "a file descriptor");
        var features = FeatureSet.Of(syntax).With(options, 50);
        var reader = new WireReader(bytes);
        while (reader.TryReadTag(out var number, out var type))
        {
            if (type != WireType.Bytes)
                _ = reader.TrySkip(number, type);
            else if (reader.TryReadBytes(out var value))
            {
                if (number == 4)
                    ReadMessage(value, package, features, depth: 0);
                else if (number == 5)
                    ReadEnum(value, package);
                else if (number == 6)
                    _serviceBodies.Add((package, value.ToArray()));
            }
        }

        Check(ref reader, "a file descriptor");
    }

    private void ReadMessage(ReadOnlySpan<byte> bytes, string scope, FeatureSet features, int depth)
    {
        if (depth == MostNesting)
            throw new DescriptorFormatException($"types in '{scope}' are nested more than {MostNesting} deep");
        var name = "";
        ReadOnlySpan<byte> options = default;
        var head = new WireReader(bytes);
        while (head.TryReadTag(out var number, out var type))
        {
            if (type != WireType.Bytes)
                _ = head.TrySkip(number, type);
            else if (head.TryReadBytes(out var value))
            {
                if (number == 1)
                    name = Text(value);
                else if (number == 7)
                    options = value;
            }
        }

        Check(ref head, "a message descriptor");
        var message = new ProtoMessage(Join(scope, name)) { IsMapEntry = Flag(options, 7) };
        if (!_messages.TryAdd(message.FullName, message))
            throw new DescriptorFormatException($"'{message.FullName}' is there twice");
        features = features.With(options, 12);
        _bodies.Add((message, bytes.ToArray(), features));
        var reader = new WireReader(bytes);
        while (reader.TryReadTag(out var number, out var type))
        {
            if (type != WireType.Bytes)
                _ = reader.TrySkip(number, type);
            else if (reader.TryReadBytes(out var value))
            {
                if (number == 3)
                    ReadMessage(value, message.FullName, features, depth + 1);
                else if (number == 4)
                    ReadEnum(value, message.FullName);
            }
        }
    }

    private void ReadEnum(ReadOnlySpan<byte> bytes, string scope)
    {
        var name = "";
        var values = new List<(string Name, int Number)>();
        var reader = new WireReader(bytes);
        while (reader.TryReadTag(out var number, out var type))
        {
            if (type != WireType.Bytes)
                _ = reader.TrySkip(number, type);
            else if (reader.TryReadBytes(out var value))
            {
                if (number == 1)
                    name = Text(value);
                else if (number == 2)
                    values.Add(ReadEnumValue(value));
            }
        }

        Check(ref reader, "an enum descriptor");
        var made = new ProtoEnum(Join(scope, name));
        foreach (var (valueName, number) in values)
            made.Add(valueName, number);
        if (!_enums.TryAdd(made.FullName, made))
            throw new DescriptorFormatException($"'{made.FullName}' is there twice");
    }

    private static (string Name, int Number) ReadEnumValue(ReadOnlySpan<byte> bytes)
    {
        var result = (Name: "", Number: 0);
        var reader = new WireReader(bytes);
        while (reader.TryReadTag(out var number, out var type))
        {
            if (number == 1 && type == WireType.Bytes && reader.TryReadBytes(out var name))
                result.Name = Text(name);
            else if (number == 2 && type == WireType.Varint && reader.TryReadVarint(out var value))
                result.Number = (int)value;
            else if (number > 2 || type is not (WireType.Bytes or WireType.Varint))
                _ = reader.TrySkip(number, type);
        }

        Check(ref reader, "an enum value");
        return result;
    }

    private void ReadFields(ProtoMessage message, ReadOnlySpan<byte> bytes, FeatureSet features)
    {
        var reader = new WireReader(bytes);
        while (reader.TryReadTag(out var number, out var type))
        {
            if (type != WireType.Bytes)
                _ = reader.TrySkip(number, type);
            else if (reader.TryReadBytes(out var value))
            {
                if (number == 8)
                    message.OneofCount++;
                else if (number == 2 && !message.TryAdd(ReadField(message, value, features)))
                    throw new DescriptorFormatException($"a field number of '{message.FullName}' is there twice");
            }
        }
    }

    private ProtoField ReadField(ProtoMessage message, ReadOnlySpan<byte> bytes, FeatureSet features)
    {
        string name = "", jsonName = "", typeName = "";
        int number = 0, label = 0, oneof = -1;
        var kind = default(ProtoKind);
        var isOptional = false;
        ReadOnlySpan<byte> options = default;
        var reader = new WireReader(bytes);
        while (reader.TryReadTag(out var field, out var type))
        {
            if (type == WireType.Varint && reader.TryReadVarint(out var value))
            {
                switch (field)
                {
                    case 3:
                        number = (int)value;
                        break;
                    case 4:
                        label = (int)value;
                        break;
                    case 5:
                        kind = (ProtoKind)value;
                        break;
                    case 9:
                        oneof = (int)value;
                        break;
                    case 17:
                        isOptional = value != 0;
                        break;
                    default:
                        break;
                }
            }
            else if (type == WireType.Bytes && reader.TryReadBytes(out var span))
            {
                switch (field)
                {
                    case 1:
                        name = Text(span);
                        break;
                    case 6:
                        typeName = Text(span);
                        break;
                    case 8:
                        options = span;
                        break;
                    case 10:
                        jsonName = Text(span);
                        break;
                    default:
                        break;
                }
            }
            else if (type is not (WireType.Varint or WireType.Bytes))
            {
                _ = reader.TrySkip(field, type);
            }
        }

        Check(ref reader, "a field descriptor");
        if (name.Length == 0 || number is < 1 or > 536870911 || !System.Enum.IsDefined(kind))
            throw new DescriptorFormatException($"a field of '{message.FullName}' has no name, no number or an unknown type");
        features = features.With(options, 21);
        if (kind == ProtoKind.Message && features.IsDelimited && !message.IsMapEntry && !IsMapEntry(typeName))
            kind = ProtoKind.Group;
        var isRepeated = label == 3;
        var isMessage = kind is ProtoKind.Message or ProtoKind.Group;
        return new ProtoField(name, jsonName.Length > 0 ? jsonName : CamelCase(name), number, kind)
        {
            IsRepeated = isRepeated,
            IsPacked = isRepeated && (TryFlag(options, 2, out var packed) ? packed : features.IsPacked),
            HasPresence = !isRepeated && (isMessage || oneof >= 0 || features.HasPresence),
            // proto3's `optional` makes a oneof of one, which is none to JSON.
            Oneof = isOptional ? -1 : oneof,
            Message = isMessage ? Find(_messages, typeName, message, name) : null,
            Enum = kind == ProtoKind.Enum ? Find(_enums, typeName, message, name) : null,
        };
    }

    private void ReadService(string package, ReadOnlySpan<byte> bytes)
    {
        var name = "";
        var methods = new List<ProtoMethod>();
        var head = new WireReader(bytes);
        while (head.TryReadTag(out var number, out var type))
        {
            if (number == 1 && type == WireType.Bytes && head.TryReadBytes(out var value))
                name = Join(package, Text(value));
            else if (number != 1 || type != WireType.Bytes)
                _ = head.TrySkip(number, type);
        }

        var reader = new WireReader(bytes);
        while (reader.TryReadTag(out var number, out var type))
        {
            if (number == 2 && type == WireType.Bytes && reader.TryReadBytes(out var value))
                methods.Add(ReadMethod(name, value));
            else if (number != 2 || type != WireType.Bytes)
                _ = reader.TrySkip(number, type);
        }

        Check(ref reader, "a service descriptor");
        if (!_services.TryAdd(name, methods))
            throw new DescriptorFormatException($"'{name}' is there twice");
    }

    private ProtoMethod ReadMethod(string service, ReadOnlySpan<byte> bytes)
    {
        string name = "", input = "", output = "";
        ReadOnlySpan<byte> options = default;
        var reader = new WireReader(bytes);
        while (reader.TryReadTag(out var number, out var type))
        {
            if (type != WireType.Bytes)
                _ = reader.TrySkip(number, type);
            else if (reader.TryReadBytes(out var value))
            {
                if (number == 1)
                    name = Text(value);
                else if (number == 2)
                    input = Text(value);
                else if (number == 3)
                    output = Text(value);
                else if (number == 4)
                    options = value;
            }
        }

        Check(ref reader, "a method descriptor");
        return new ProtoMethod(
            service, name, Find(_messages, input, null, name), Find(_messages, output, null, name), Flag(bytes, 5), Flag(bytes, 6), ReadRule(options, service + "." + name));
    }

    private static HttpRule? ReadRule(ReadOnlySpan<byte> options, string method)
    {
        HttpRule? rule = null;
        var reader = new WireReader(options);
        while (reader.TryReadTag(out var number, out var type))
        {
            if (number == HttpRule.OptionNumber && type == WireType.Bytes && reader.TryReadBytes(out var value))
            {
                if (!HttpRule.TryRead(value, out var read))
                    throw new DescriptorFormatException($"the google.api.http option of '{method}' cannot be read");
                rule = read;
            }
            else if (number != HttpRule.OptionNumber || type != WireType.Bytes)
            {
                _ = reader.TrySkip(number, type);
            }
        }

        Check(ref reader, "method options");
        return rule;
    }

    private bool IsMapEntry(string typeName) => _messages.TryGetValue(typeName.TrimStart('.'), out var message) && message.IsMapEntry;

    private static TType Find<TType>(Dictionary<string, TType> types, string name, ProtoMessage? message, string member)
        where TType : class
    {
        // The compiler writes full names, with a dot before them.
        if (types.TryGetValue(name.TrimStart('.'), out var found))
            return found;
        var user = message is null ? $"method '{member}'" : $"'{message.FullName}.{member}'";
        throw new DescriptorFormatException($"{user} needs '{name.TrimStart('.')}', which is not in the descriptor set (protoc --include_imports puts it there)");
    }

    private static bool Flag(ReadOnlySpan<byte> options, int number) => TryFlag(options, number, out var value) && value;

    private static bool TryFlag(ReadOnlySpan<byte> options, int number, out bool value)
    {
        value = false;
        var found = false;
        var reader = new WireReader(options);
        while (reader.TryReadTag(out var field, out var type))
        {
            if (field == number && type == WireType.Varint && reader.TryReadVarint(out var given))
                (found, value) = (true, given != 0);
            else if (field != number || type != WireType.Varint)
                _ = reader.TrySkip(field, type);
        }

        return found;
    }

    // protoc writes json_name into every set; other producers may leave it out, and this is what it would be.
    private static string CamelCase(string name)
    {
        var text = new StringBuilder(name.Length);
        var upper = false;
        foreach (var c in name)
        {
            if (c == '_')
            {
                upper = true;
                continue;
            }

            _ = text.Append(upper && char.IsAsciiLetterLower(c) ? (char)(c - 32) : c);
            upper = false;
        }

        return text.ToString();
    }

    private static string Join(string scope, string name) => scope.Length == 0 ? name : scope + "." + name;

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private static void Check(ref WireReader reader, string what)
    {
        if (reader.IsBroken)
            throw new DescriptorFormatException($"these bytes are not {what}");
    }
}
