using System.Globalization;

namespace Envoy.Extensions;

/// <summary>The kinds of field that a <see cref="FieldTable{T}"/> can hold. A wrapper such as <c>UInt32Value</c> is written as its value.</summary>
public static class FieldKinds
{
    /// <summary>A truth value.</summary>
    public static FieldTable<T> Bool<T>(this FieldTable<T> table, string name, Func<T, bool?> get, Func<T, bool, T> set)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.Add(
            new ConfigField(name, "bool", FieldSupport.Supported),
            r => get(r),
            set,
            ConfigValues.ReadBool,
            (field, defaults) => field with { Default = FieldText.Format(get(defaults)) });
    }

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    public static FieldTable<T> Number<T>(
        this FieldTable<T> table, string name, Func<T, uint?> get, Func<T, uint, T> set, uint least = 0, uint most = uint.MaxValue, bool required = false)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.Add(
            new ConfigField(name, "uint32", FieldSupport.Supported) { IsRequired = required },
            r => get(r),
            set,
            (ConfigNode node, ConfigReadContext context, out uint value) =>
            {
                var right = ConfigValues.ReadInteger(node, context, least, most, out var number);
                value = (uint)number;
                return right;
            },
            (field, defaults) => field with
            {
                Default = required ? "" : FieldText.Format(get(defaults)),
                Limits = string.Create(CultureInfo.InvariantCulture, $"{least} to {most}"),
            });
    }

    /// <summary>The same, for a record that holds an <see cref="int"/>.</summary>
    public static FieldTable<T> Number31<T>(
        this FieldTable<T> table, string name, Func<T, int> get, Func<T, int, T> set, int least = 0, int most = int.MaxValue, bool required = false)
        where T : class => table.Number(name, r => (uint)get(r), (r, v) => set(r, (int)v), (uint)least, (uint)most, required);

    /// <summary>A string; a required one may not be empty.</summary>
    public static FieldTable<T> Text<T>(this FieldTable<T> table, string name, Func<T, string?> get, Func<T, string, T> set, bool required = false)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.Add(
            new ConfigField(name, "string", FieldSupport.Supported) { IsRequired = required, Limits = required ? "not empty" : "" },
            get,
            set,
            required ? ReadNonEmpty : ConfigValues.ReadString,
            (field, defaults) => field with { Default = FieldText.Format(get(defaults)) });
    }

    /// <summary>One of an enum's names, in any case, or its number.</summary>
    public static FieldTable<T> Enum<T, TEnum>(this FieldTable<T> table, string name, Func<T, TEnum> get, Func<T, TEnum, T> set, EnumNames<TEnum> names)
        where T : class
        where TEnum : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(names);
        return table.Add(
            new ConfigField(name, "enum " + names.Name, FieldSupport.Supported),
            r => get(r),
            set,
            names.Read,
            (field, defaults) => field with { Default = names.NameOf(get(defaults)), Limits = names.Limits });
    }

    /// <summary>A duration of at least <paramref name="least"/>, or of more than that.</summary>
    public static FieldTable<T> Duration<T>(
        this FieldTable<T> table, string name, Func<T, TimeSpan?> get, Func<T, TimeSpan, T> set, TimeSpan least = default, bool above = false)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(table);
        string Limits() => (above ? "above " : "at least ") + ConfigDuration.Format(least);
        return table.Add(
            new ConfigField(name, "Duration", FieldSupport.Supported),
            r => get(r),
            set,
            (ConfigNode node, ConfigReadContext context, out TimeSpan value) =>
            {
                if (!ConfigDuration.Read(node, context, out value))
                    return false;
                if (above ? value > least : value >= least)
                    return true;
                context.Error(node, $"must be {Limits()}, not {ConfigDuration.Format(value)}");
                return false;
            },
            (field, defaults) => field with { Default = FieldText.Format(get(defaults)), Limits = Limits() });
    }

    /// <summary>A message with a table of its own.</summary>
    public static FieldTable<T> Message<T, TValue>(
        this FieldTable<T> table, string name, Func<T, TValue?> get, Func<T, TValue, T> set, FieldTable<TValue> fields, bool required = false)
        where T : class
        where TValue : class
    {
        ArgumentNullException.ThrowIfNull(fields);
        return table.Message(name, fields.ShortName, get, set, fields.TryRead, required);
    }

    /// <summary>A message with a reader of its own.</summary>
    public static FieldTable<T> Message<T, TValue>(
        this FieldTable<T> table, string name, string kind, Func<T, TValue?> get, Func<T, TValue, T> set, ConfigValueReader<TValue> read, bool required = false)
        where T : class
        where TValue : class
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.Add(new ConfigField(name, kind, FieldSupport.Supported) { IsRequired = required }, get, set, read);
    }

    /// <summary>A list; one item that is not a list counts as a list of one, as in protobuf's C++ parser.</summary>
    public static FieldTable<T> List<T, TItem>(
        this FieldTable<T> table, string name, string kind, Func<T, ValueList<TItem>?> get, Func<T, ValueList<TItem>, T> set, ConfigValueReader<TItem> read, bool required = false)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(table);
        var field = new ConfigField(name, "list of " + kind, FieldSupport.Supported) { IsRequired = required, Limits = required ? "not empty" : "" };
        return table.Add(field, get, set, (ConfigNode node, ConfigReadContext context, out ValueList<TItem> value) => ReadList(node, context, read, required, out value));
    }

    /// <summary>A list of messages with a table of their own.</summary>
    public static FieldTable<T> List<T, TItem>(
        this FieldTable<T> table, string name, Func<T, ValueList<TItem>?> get, Func<T, ValueList<TItem>, T> set, FieldTable<TItem> fields, bool required = false)
        where T : class
        where TItem : class
    {
        ArgumentNullException.ThrowIfNull(fields);
        return table.List(name, fields.ShortName, get, set, fields.TryRead, required);
    }

    /// <summary>The node itself, for whoever reads it later.</summary>
    internal static bool Keep(ConfigNode node, ConfigReadContext context, out ConfigNode value)
    {
        value = node;
        return true;
    }

    /// <summary>A string that is not empty.</summary>
    internal static bool ReadNonEmpty(ConfigNode node, ConfigReadContext context, out string value)
    {
        if (!ConfigValues.ReadString(node, context, out value))
            return false;
        if (value.Length > 0)
            return true;
        context.Error(node, "must not be empty");
        return false;
    }

    private static bool ReadList<TItem>(ConfigNode node, ConfigReadContext context, ConfigValueReader<TItem> read, bool required, out ValueList<TItem> value)
    {
        value = [];
        if (node.Kind != ConfigNodeKind.List)
        {
            if (!read(node, context, out var single))
                return false;
            value = [single];
            return true;
        }

        var items = new List<TItem>(node.Items.Count);
        foreach (var item in node.Items)
        {
            if (read(item, context, out var one))
                items.Add(one);
        }

        value = ValueList.From(items);
        if (node.Items.Count > 0 || !required)
            return true;
        context.Error(node, "must not be empty");
        return false;
    }
}
