using Envoy.Buffers;

namespace Envoy.Formatting;

/// <summary>What an operator's value is where it stands alone in JSON.</summary>
internal enum FormatKind : byte
{
    /// <summary>A string.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,
}

/// <summary>Writes a value; false: there is none, and nothing was written.</summary>
internal delegate bool FormatWriter(FormatContext context, ByteSink output);

/// <summary>One operator of a format, compiled. Immutable.</summary>
/// <param name="Kind">What its value is in JSON.</param>
/// <param name="Write">Writes the value.</param>
internal sealed record FormatOperator(FormatKind Kind, FormatWriter Write)
{
    public static FormatOperator Text(FormatWriter write) => new(FormatKind.Text, write);

    public static FormatOperator Text(Func<FormatContext, string?> read) => new(FormatKind.Text, (context, output) =>
    {
        if (read(context) is not { } text)
            return false;
        output.Append(text);
        return true;
    });

    /// <summary>A number; negative: there is none.</summary>
    public static FormatOperator Number(Func<FormatContext, long> read) => new(FormatKind.Number, (context, output) =>
    {
        var number = read(context);
        if (number < 0)
            return false;
        output.Append(number);
        return true;
    });

    /// <summary>An operator whose value does not exist here.</summary>
    public static FormatOperator Nothing { get; } = new(FormatKind.Text, static (_, _) => false);
}
