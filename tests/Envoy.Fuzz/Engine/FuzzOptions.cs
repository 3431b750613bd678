using System.Globalization;

namespace Envoy.Fuzz.Engine;

/// <summary>What the command line asks for. Immutable.</summary>
internal sealed record FuzzOptions
{
    public const string Usage = "--seconds N (default 60, over all targets) | --runs N (of each target)   --seed N   --target NAME   --input BASE64 (runs it once)";

    /// <summary>For how long, in seconds.</summary>
    public double Seconds { get; init; } = 60;

    /// <summary>How many inputs of each target instead; null: as many as there is time for.</summary>
    public long? Runs { get; init; }

    /// <summary>The same seed gives the same inputs in the same order, as long as the corpora are the same.</summary>
    public ulong Seed { get; init; } = (ulong)Environment.TickCount64;

    /// <summary>One target; null: all, one after the other.</summary>
    public string? Target { get; init; }

    /// <summary>One input to run once, as a failure prints it.</summary>
    public byte[]? Input { get; init; }

    public static FuzzOptions? Parse(string[] args, out string wrong)
    {
        var options = new FuzzOptions();
        wrong = "";
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            var next = args[i] switch
            {
                "--seconds" when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) => options with { Seconds = seconds },
                "--runs" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var runs) => options with { Runs = runs },
                "--seed" when ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) => options with { Seed = seed },
                "--target" when value.Length > 0 => options with { Target = value },
                "--input" => Decoded(options, value),
                _ => null,
            };
            if (next is null)
            {
                wrong = $"'{args[i]} {value}' is no option";
                return null;
            }

            options = next;
        }

        return options;
    }

    private static FuzzOptions? Decoded(FuzzOptions options, string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var count) ? options with { Input = bytes[..count] } : null;
    }
}
