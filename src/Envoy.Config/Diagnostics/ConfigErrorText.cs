using System.Text;
using Envoy.Extensions;

namespace Envoy.Config.Diagnostics;

/// <summary>Errors as text for people. Thread-safe.</summary>
public static class ConfigErrorText
{
    /// <summary>One line an error: <c>file:line:column: path: message (hint)</c>.</summary>
    public static string Format(IEnumerable<ConfigError> errors) => string.Join('\n', errors);

    /// <summary>The same with the line that each error is about, and a mark under the column.</summary>
    /// <param name="errors">The errors.</param>
    /// <param name="text">The text they are about.</param>
    public static string Format(IEnumerable<ConfigError> errors, string text)
    {
        ArgumentNullException.ThrowIfNull(errors);
        ArgumentNullException.ThrowIfNull(text);
        var lines = text.Split('\n');
        var shown = new StringBuilder();
        foreach (var error in errors)
        {
            _ = shown.Append(error).Append('\n');
            if (error.Line < 1 || error.Line > lines.Length)
                continue;
            var line = lines[error.Line - 1].TrimEnd('\r').Replace('\t', ' ');
            if (error.Column >= 1 && error.Column <= line.Length + 1 && line.Length <= 200)
                _ = shown.Append("    ").Append(line).Append('\n').Append(' ', 3 + error.Column).Append("^\n");
        }

        return shown.ToString();
    }
}
