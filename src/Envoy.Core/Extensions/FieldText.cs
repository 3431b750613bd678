using System.Globalization;

namespace Envoy.Extensions;

/// <summary>A scalar field's value as it is written in YAML.</summary>
internal static class FieldText
{
    /// <summary>Empty for null and for what is no scalar.</summary>
    public static string Format(object? value) => value switch
    {
        null => "",
        bool truth => truth ? "true" : "false",
        TimeSpan duration => ConfigDuration.Format(duration),
        string text => text.Length == 0 ? "" : "\"" + text + "\"",
        int or uint or long or ulong or double => string.Format(CultureInfo.InvariantCulture, "{0}", value),
        Enum name => name.ToString(),
        _ => "",
    };
}
