namespace Envoy.Extensions;

/// <summary>The kinds of <see cref="StructValue"/>.</summary>
public enum StructValueKind
{
    /// <summary>Null.</summary>
    Null,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A text.</summary>
    Text,

    /// <summary>True or false.</summary>
    Bool,

    /// <summary>A list.</summary>
    List,

    /// <summary>A mapping.</summary>
    Mapping,
}

/// <summary>A value of no particular type (<c>google.protobuf.Value</c>), which compares by content. Immutable.</summary>
public sealed record StructValue
{
    private StructValue()
    {
    }

    /// <summary>Null.</summary>
    public static StructValue Null { get; } = new();

    /// <summary>A mapping without fields.</summary>
    public static StructValue EmptyMapping { get; } = new() { Kind = StructValueKind.Mapping };

    /// <summary>What it is.</summary>
    public StructValueKind Kind { get; private init; }

    /// <summary>A number's value; 0 for the others.</summary>
    public double Number { get; private init; }

    /// <summary>A text's value; empty for the others.</summary>
    public string Text { get; private init; } = "";

    /// <summary>A truth value's value; false for the others.</summary>
    public bool IsTrue { get; private init; }

    /// <summary>A list's items; empty for the others.</summary>
    public ValueList<StructValue> Items { get; private init; } = [];

    /// <summary>A mapping's fields in the order of their names; empty for the others.</summary>
    public ValueList<StructField> Fields { get; private init; } = [];

    /// <summary>A text.</summary>
    public static StructValue Of(string text) => new() { Kind = StructValueKind.Text, Text = text };

    /// <summary>A number.</summary>
    public static StructValue Of(double number) => new() { Kind = StructValueKind.Number, Number = number };

    /// <summary>A truth value.</summary>
    public static StructValue Of(bool value) => new() { Kind = StructValueKind.Bool, IsTrue = value };

    /// <summary>A list.</summary>
    public static StructValue ListOf(IEnumerable<StructValue> items) => new() { Kind = StructValueKind.List, Items = ValueList.From(items) };

    /// <summary>A mapping; of two fields of one name the last counts.</summary>
    public static StructValue MappingOf(IEnumerable<StructField> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var byName = new SortedDictionary<string, StructValue>(StringComparer.Ordinal);
        foreach (var field in fields)
            byName[field.Name] = field.Value;
        return new() { Kind = StructValueKind.Mapping, Fields = ValueList.From(byName.Select(f => new StructField(f.Key, f.Value))) };
    }

    /// <summary>A mapping of texts, such as labels.</summary>
    public static StructValue LabelsOf(params ReadOnlySpan<(string Name, string Text)> fields)
    {
        var values = new List<StructField>(fields.Length);
        foreach (var (name, text) in fields)
            values.Add(new StructField(name, Of(text)));
        return MappingOf(values);
    }

    /// <summary>A mapping's field of this name; null: it has none.</summary>
    public StructValue? Find(string name)
    {
        foreach (var field in Fields.AsSpan())
        {
            if (string.Equals(field.Name, name, StringComparison.Ordinal))
                return field.Value;
        }

        return null;
    }

    /// <summary>The value as it would be written in JSON, without care for what must be escaped.</summary>
    public override string ToString() => Kind switch
    {
        StructValueKind.Null => "null",
        StructValueKind.Number => Number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        StructValueKind.Text => $"\"{Text}\"",
        StructValueKind.Bool => IsTrue ? "true" : "false",
        StructValueKind.List => Items.ToString(),
        _ => "{" + string.Join(", ", Fields.Select(f => $"\"{f.Name}\": {f.Value}")) + "}",
    };
}

/// <summary>A field of a <see cref="StructValue"/>. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What it holds.</param>
public sealed record StructField(string Name, StructValue Value);
