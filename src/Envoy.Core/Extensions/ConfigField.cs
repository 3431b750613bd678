using System.Text;

namespace Envoy.Extensions;

/// <summary>One field of a message, as a <see cref="FieldTable{T}"/> lists it. Immutable.</summary>
/// <param name="Name">Envoy's name, in snake_case.</param>
/// <param name="Kind">The value's kind in words: <c>bool</c>, <c>uint32</c>, <c>Duration</c>, <c>list of Route</c>; empty where the field is not supported.</param>
/// <param name="Support">What becomes of it.</param>
public sealed record ConfigField(string Name, string Kind, FieldSupport Support)
{
    /// <summary>Must be there.</summary>
    public bool IsRequired { get; init; }

    /// <summary>The value it has when it is not there, as written in YAML; empty where there is none to write.</summary>
    public string Default { get; init; } = "";

    /// <summary>The limits in words; may be empty.</summary>
    public string Limits { get; init; } = "";

    /// <summary>Further names it is read under (2019's, in v2).</summary>
    public ValueList<string> Aliases { get; init; } = [];

    /// <summary>Protobuf's JSON name: <c>statPrefix</c> for <c>stat_prefix</c>.</summary>
    public string JsonName => ToJsonName(Name);

    internal static string ToJsonName(string name)
    {
        if (!name.Contains('_', StringComparison.Ordinal))
            return name;
        var text = new StringBuilder(name.Length);
        var upper = false;
        foreach (var c in name)
        {
            if (c == '_')
            {
                upper = true;
                continue;
            }

            _ = text.Append(upper ? char.ToUpperInvariant(c) : c);
            upper = false;
        }

        return text.ToString();
    }
}
