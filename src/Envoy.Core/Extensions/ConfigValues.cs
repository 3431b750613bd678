using System.Globalization;

namespace Envoy.Extensions;

/// <summary>Reads one value; false, with the error reported, when it is wrong.</summary>
/// <typeparam name="TValue">The value's type.</typeparam>
public delegate bool ConfigValueReader<TValue>(ConfigNode node, ConfigReadContext context, out TValue value);

/// <summary>
/// Scalars as protobuf's JSON mapping and Envoy's YAML loader take them: numbers may be quoted, truth values may be YAML 1.1's words,
/// a string may be unquoted whatever it looks like. Thread-safe.
/// </summary>
public static class ConfigValues
{
    /// <summary>A string: any scalar.</summary>
    public static bool ReadString(ConfigNode node, ConfigReadContext context, out string value)
    {
        value = node.Value;
        return node.Kind == ConfigNodeKind.Scalar || Wrong(node, context, "a string");
    }

    /// <summary>A truth value: <c>true</c>, <c>false</c>; unquoted also <c>yes</c>, <c>no</c>, <c>on</c>, <c>off</c>, <c>y</c>, <c>n</c>.</summary>
    public static bool ReadBool(ConfigNode node, ConfigReadContext context, out bool value)
    {
        value = false;
        if (node.Kind == ConfigNodeKind.Scalar)
        {
            var text = node.Value;
            if (text is "true" or "false")
            {
                value = text == "true";
                return true;
            }

            if (!node.IsQuoted && text.Length <= 5)
            {
                var lower = text.ToLowerInvariant();
                value = lower is "true" or "yes" or "on" or "y";
                if (value || lower is "false" or "no" or "off" or "n")
                    return true;
            }
        }

        return Wrong(node, context, "true or false");
    }

    /// <summary>A whole number within limits.</summary>
    public static bool ReadInteger(ConfigNode node, ConfigReadContext context, long least, long most, out long value)
    {
        if (node.Kind == ConfigNodeKind.Scalar && TryInteger(node, out value) && value >= least && value <= most)
            return true;
        value = 0;
        return Wrong(node, context, string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"));
    }

    /// <summary>A number; NaN and infinities are refused.</summary>
    public static bool ReadDouble(ConfigNode node, ConfigReadContext context, out double value)
    {
        value = 0;
        return (node.Kind == ConfigNodeKind.Scalar
                && double.TryParse(node.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
                && double.IsFinite(value))
            || Wrong(node, context, "a number");
    }

    /// <summary>A <c>Percent</c>, which is a message of one field, from 0 to 100.</summary>
    public static bool ReadPercent(ConfigNode node, ConfigReadContext context, out double value)
    {
        value = 0;
        if (node.Find("value") is not { } inner)
            return node.Kind == ConfigNodeKind.Mapping || ReadDouble(node, context, out value);
        if (!ReadDouble(inner, context, out value))
            return false;
        if (value is >= 0 and <= 100)
            return true;
        context.Error(inner, "must be within 0 and 100");
        return false;
    }

    /// <summary>Bytes in base64, with or without padding, standard or URL alphabet, as protobuf takes them.</summary>
    public static bool ReadBytes(ConfigNode node, ConfigReadContext context, out ValueList<byte> value)
    {
        value = [];
        if (node.Kind == ConfigNodeKind.Scalar)
        {
            var text = node.Value.Replace('-', '+').Replace('_', '/').TrimEnd('=');
            text = text.PadRight((text.Length + 3) / 4 * 4, '=');
            var buffer = new byte[text.Length];
            if (Convert.TryFromBase64String(text, buffer, out var written))
            {
                value = ValueList.Create<byte>(buffer.AsSpan(0, written));
                return true;
            }
        }

        return Wrong(node, context, "bytes in base64");
    }

    /// <summary>Reports that a node is not what was wanted, and returns false.</summary>
    internal static bool Wrong(ConfigNode node, ConfigReadContext context, string wanted, string hint = "")
    {
        context.Error(node, $"must be {wanted}, not {Describe(node)}", hint);
        return false;
    }

    /// <summary>A finite number, written as YAML 1.1 or JSON would write it.</summary>
    internal static bool TryNumber(ConfigNode node, out double value)
    {
        if (TryInteger(node, out var whole))
        {
            value = whole;
            return true;
        }

        return double.TryParse(node.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    internal static string Describe(ConfigNode node) => node.Kind switch
    {
        ConfigNodeKind.Null => "null",
        ConfigNodeKind.List => "a list",
        ConfigNodeKind.Mapping => "a mapping",
        _ => node.Value.Length <= 60 ? $"'{node.Value}'" : $"'{node.Value[..57]}...'",
    };

    private static bool TryInteger(ConfigNode node, out long value)
    {
        var text = node.Value;
        if (!node.IsQuoted && text.Length > 1 && text[0] == '0' && text[1] is not '.')
        {
            // YAML 1.1, which Envoy's loader speaks: 0x.. is hexadecimal and a leading zero means octal, so `mode: 0644` is a mode.
            if (text[1] is 'x' or 'X')
                return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
            value = 0;
            foreach (var c in text)
            {
                if (c is < '0' or > '7' || value > long.MaxValue / 16)
                    return false;
                value = (value * 8) + (c - '0');
            }

            return true;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
            return true;

        // protobuf takes 8e1 and 80.0 for 80, but not 80.5.
        if (decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
            && number == decimal.Truncate(number) && number is >= long.MinValue and <= long.MaxValue)
        {
            value = (long)number;
            return true;
        }

        return false;
    }
}
