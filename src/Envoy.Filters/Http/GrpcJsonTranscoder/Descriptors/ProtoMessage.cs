using System.Text;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

/// <summary>A message of the descriptor set, with its fields by number and by either name. Immutable once the set is read.</summary>
internal sealed class ProtoMessage(string fullName)
{
    // Numbers up to here are found in an array.
    private const int DenseNumbers = 64;

    private readonly List<ProtoField> _fields = [];
    private readonly Utf8Table<ProtoField> _byName = new();
    private readonly ProtoField?[] _dense = new ProtoField?[DenseNumbers];
    private readonly Dictionary<int, ProtoField> _byNumber = [];

    public string FullName { get; } = fullName;

    public byte[] FullNameUtf8 { get; } = Encoding.UTF8.GetBytes(fullName);

    /// <summary>Made by the compiler for a map field: its fields are key (1) and value (2).</summary>
    public bool IsMapEntry { get; init; }

    public WellKnownType WellKnown { get; private set; }

    public bool IsHttpBody => FullName == "google.api.HttpBody";

    /// <summary>The fields in the order of the file.</summary>
    public List<ProtoField> Fields => _fields;

    public int OneofCount { get; set; }

    /// <summary>Whether the number is free.</summary>
    public bool TryAdd(ProtoField field)
    {
        if (Find(field.Number) is not null)
            return false;
        field.Index = _fields.Count;
        _fields.Add(field);
        if (field.Number < DenseNumbers)
            _dense[field.Number] = field;
        else
            _byNumber.Add(field.Number, field);
        return true;
    }

    /// <summary>Called when all fields are there.</summary>
    public void Complete()
    {
        // A JSON name never hides another field's own name.
        foreach (var field in _fields)
            _ = _byName.TryAdd(field.NameUtf8, field);
        foreach (var field in _fields)
            _ = _byName.TryAdd(field.JsonNameUtf8, field);
        WellKnown = Recognise();
    }

    public ProtoField? Find(int number) => (uint)number < DenseNumbers ? _dense[number] : _byNumber.GetValueOrDefault(number);

    /// <summary>By the name in the proto file, or the JSON name.</summary>
    public ProtoField? Find(ReadOnlySpan<byte> name) => _byName.Find(name);

    private WellKnownType Recognise()
    {
        const string Package = "google.protobuf.";
        if (!FullName.StartsWith(Package, StringComparison.Ordinal))
            return WellKnownType.None;
        // Their shape is relied upon, so a set that has another one under the name is taken for what it says.
        return FullName[Package.Length..] switch
        {
            "Any" when Has(1, ProtoKind.String) && Has(2, ProtoKind.Bytes) => WellKnownType.Any,
            "Timestamp" when Has(1, ProtoKind.Int64) && Has(2, ProtoKind.Int32) => WellKnownType.Timestamp,
            "Duration" when Has(1, ProtoKind.Int64) && Has(2, ProtoKind.Int32) => WellKnownType.Duration,
            "FieldMask" when Has(1, ProtoKind.String) => WellKnownType.FieldMask,
            "Struct" when Find(1) is { IsMap: true } => WellKnownType.Struct,
            "Value" when Has(1, ProtoKind.Enum) && Has(2, ProtoKind.Double) && Has(3, ProtoKind.String) && Has(4, ProtoKind.Bool)
                && Has(5, ProtoKind.Message) && Has(6, ProtoKind.Message) => WellKnownType.Value,
            "ListValue" when Has(1, ProtoKind.Message) => WellKnownType.ListValue,
            "DoubleValue" or "FloatValue" or "Int64Value" or "UInt64Value" or "Int32Value" or "UInt32Value" or "BoolValue" or "StringValue" or "BytesValue"
                when Find(1) is { IsRepeated: false, IsMessage: false } => WellKnownType.Wrapper,
            _ => WellKnownType.None,
        };
    }

    private bool Has(int number, ProtoKind kind) => Find(number) is { } field && field.Kind == kind;
}
