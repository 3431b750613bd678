using System.Globalization;

namespace Envoy.Extensions;

/// <summary>One thing wrong with a configuration, and where. Immutable.</summary>
/// <param name="File">The file; empty where the text has no name.</param>
/// <param name="Line">From 1; 0 where there is no text.</param>
/// <param name="Column">From 1, in UTF-16 units; 0 where there is no text.</param>
/// <param name="Path">The field, as <c>static_resources.listeners[0].name</c>; empty for the whole document.</param>
/// <param name="Message">What is wrong, without a full stop.</param>
/// <param name="Hint">What to do about it; may be empty.</param>
public sealed record ConfigError(string File, int Line, int Column, string Path, string Message, string Hint)
{
    /// <summary>The sort of error. Default <see cref="ConfigErrorKind.Invalid"/>.</summary>
    public ConfigErrorKind Kind { get; init; }

    /// <summary><c>file:line:column: path: message (hint)</c>, leaving out what is empty.</summary>
    public override string ToString()
    {
        var place = File;
        if (Line > 0)
            place = string.Create(CultureInfo.InvariantCulture, $"{(File.Length == 0 ? "line " : File + ":")}{Line}:{Column}");
        var text = place.Length == 0 ? "" : place + ": ";
        if (Path.Length > 0)
            text += Path + ": ";
        text += Message;
        return Hint.Length == 0 ? text : text + " (" + Hint + ")";
    }
}
