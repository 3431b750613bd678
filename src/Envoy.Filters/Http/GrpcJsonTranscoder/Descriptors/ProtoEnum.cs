using System.Text;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

/// <summary>An enum of the descriptor set. Immutable once the set is read.</summary>
internal sealed class ProtoEnum(string fullName)
{
    private readonly Utf8Table<Value> _byName = new();
    private readonly Utf8Table<Value> _byUpperName = new();
    private readonly Dictionary<int, Value> _byNumber = [];

    public string FullName { get; } = fullName;

    /// <summary>What a field of this type holds when it is not set: the first value.</summary>
    public int Default { get; private set; }

    /// <summary>Its only value is JSON's null.</summary>
    public bool IsNull { get; } = fullName == "google.protobuf.NullValue";

    public void Add(string name, int number)
    {
        if (_byNumber.Count == 0)
            Default = number;
        var value = new Value(number, Encoding.UTF8.GetBytes(name));
        _ = _byName.TryAdd(value.Name, value);
        _ = _byUpperName.TryAdd(Encoding.UTF8.GetBytes(name.ToUpperInvariant()), value);
        // Under allow_alias a number has several names: the first is the one that is written.
        _ = _byNumber.TryAdd(number, value);
    }

    /// <summary>A value's name; empty: the number has none.</summary>
    public ReadOnlySpan<byte> NameOf(int number) => _byNumber.TryGetValue(number, out var value) ? value.Name : default;

    public bool TryFind(ReadOnlySpan<byte> name, bool anyCase, out int number)
    {
        var value = _byName.Find(name);
        if (value is null && anyCase && name.Length <= 256)
        {
            // As protobuf's own reader: a dash counts for an underscore, too.
            Span<byte> upper = stackalloc byte[name.Length];
            for (var i = 0; i < name.Length; i++)
                upper[i] = name[i] switch { (byte)'-' => (byte)'_', >= (byte)'a' and <= (byte)'z' => (byte)(name[i] - 32), _ => name[i] };
            value = _byUpperName.Find(upper);
        }

        number = value?.Number ?? 0;
        return value is not null;
    }

    private sealed record Value(int Number, byte[] Name);
}
