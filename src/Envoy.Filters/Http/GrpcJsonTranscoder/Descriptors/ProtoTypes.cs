using System.Text;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

/// <summary>The messages, enums and services of a descriptor set (<c>google.protobuf.FileDescriptorSet</c>). Immutable.</summary>
internal sealed class ProtoTypes
{
    private readonly Dictionary<string, ProtoMessage> _messages;
    private readonly Dictionary<string, IReadOnlyList<ProtoMethod>> _services;
    private readonly Utf8Table<ProtoMessage> _messagesByUtf8 = new();

    internal ProtoTypes(Dictionary<string, ProtoMessage> messages, Dictionary<string, IReadOnlyList<ProtoMethod>> services)
    {
        _messages = messages;
        _services = services;
        foreach (var message in messages.Values)
            _ = _messagesByUtf8.TryAdd(message.FullNameUtf8, message);
    }

    /// <summary>Reads a set.</summary>
    /// <exception cref="DescriptorFormatException">It is no descriptor set, or not a whole one.</exception>
    public static ProtoTypes Read(ReadOnlySpan<byte> set) => new DescriptorReader().Read(set);

    public ProtoMessage? FindMessage(string fullName) => _messages.GetValueOrDefault(fullName);

    /// <summary>What the type URL of an <c>Any</c> means: the name behind its last slash.</summary>
    public ProtoMessage? FindByUrl(ReadOnlySpan<byte> url)
    {
        var slash = url.LastIndexOf((byte)'/');
        return slash < 0 ? null : _messagesByUtf8.Find(url[(slash + 1)..]);
    }

    /// <summary>A service's methods; null: the set has no such service.</summary>
    public IReadOnlyList<ProtoMethod>? FindService(string fullName) => _services.GetValueOrDefault(fullName);

    /// <summary>The field that a path of names, <c>a.b.c</c>, leads to, and those on the way; null, and why not.</summary>
    public static ProtoField[]? FindPath(ProtoMessage message, string path, out string error)
    {
        var names = path.Split('.', StringSplitOptions.RemoveEmptyEntries);
        var fields = new ProtoField[names.Length];
        error = "";
        var current = message;
        for (var i = 0; i < names.Length; i++)
        {
            if (current is null)
            {
                error = $"Encountered a non-leaf field \"{fields[i - 1].Name}\" that is not a message while parsing a field path";
                return null;
            }

            if (current.Find(Encoding.UTF8.GetBytes(names[i])) is not { } field)
            {
                error = $"Could not find field \"{names[i]}\" in the type \"{current.FullName}\".";
                return null;
            }

            fields[i] = field;
            current = field is { IsMessage: true, IsMap: false } ? field.Message : null;
        }

        return fields;
    }
}
