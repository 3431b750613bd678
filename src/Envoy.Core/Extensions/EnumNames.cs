using System.Globalization;

namespace Envoy.Extensions;

/// <summary>
/// An enum's names in Envoy's protos, with their numbers: those that are supported and those that are not yet. Filled where it is
/// declared, thread-safe afterwards.
/// </summary>
/// <typeparam name="TEnum">The enum they are read into.</typeparam>
public sealed class EnumNames<TEnum>
    where TEnum : struct, Enum
{
    private readonly List<EnumName> _names = [];

    /// <summary>An enum without names.</summary>
    /// <param name="name">The enum's own name, such as <c>LbPolicy</c>.</param>
    public EnumNames(string name) => Name = name;

    /// <summary>The enum's own name.</summary>
    public string Name { get; }

    /// <summary>The supported names, as a message shows them.</summary>
    public string Limits => string.Join(", ", Supported);

    private IEnumerable<string> Supported => _names.Where(n => n.IsSupported).Select(n => n.Name);

    /// <summary>Adds a supported name.</summary>
    public EnumNames<TEnum> Add(string name, int number, TEnum value)
    {
        _names.Add(new EnumName(name, number, value, IsSupported: true));
        return this;
    }

    /// <summary>Adds a name that Envoy has and this version does not.</summary>
    public EnumNames<TEnum> NotYet(string name, int number)
    {
        _names.Add(new EnumName(name, number, default, IsSupported: false));
        return this;
    }

    /// <summary>The name of <paramref name="value"/>; empty where it has none.</summary>
    public string NameOf(TEnum value) => _names.Find(n => n.IsSupported && EqualityComparer<TEnum>.Default.Equals(n.Value, value))?.Name ?? "";

    /// <summary>Reads a name, in any case as protobuf's C++ parser takes it, or a number.</summary>
    public bool Read(ConfigNode node, ConfigReadContext context, out TEnum value)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(context);
        value = default;
        if (node.Kind != ConfigNodeKind.Scalar)
            return ConfigValues.Wrong(node, context, "one of " + Limits);

        // protobuf's C++ parser also takes a dash for an underscore.
        var wanted = node.Value.Replace('-', '_');
        var isNumber = int.TryParse(wanted, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        foreach (var name in _names)
        {
            if (isNumber ? name.Number != number : !string.Equals(name.Name, wanted, StringComparison.OrdinalIgnoreCase))
                continue;
            if (!name.IsSupported)
            {
                context.Error(node, $"'{name.Name}' is one of Envoy's {Name}, which is not supported yet", "supported: " + Limits, ConfigErrorKind.NotSupported);
                return false;
            }

            value = name.Value;
            return true;
        }

        var nearest = NearestName.Hint(node.Value, Supported.Concat(_names.Where(n => !n.IsSupported).Select(n => n.Name)));
        return ConfigValues.Wrong(node, context, "one of " + Limits, nearest);
    }
    // A class, not a tuple: lists of value types are compiled afresh at every start.
    private sealed record EnumName(string Name, int Number, TEnum Value, bool IsSupported);
}
