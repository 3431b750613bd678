using System.Globalization;
using Microsoft.Extensions.Logging;

namespace EnvoyHost;

/// <summary>The command line. Immutable.</summary>
internal sealed record HostOptions
{
    public const string Usage = """
        EnvoyHost [-c FILE] [--config-yaml YAML] [options]

          -c FILE, --config-path FILE   the configuration: YAML or JSON, Envoy's field names
          --config-yaml YAML            configuration as text; merged over the file where both are given
          --concurrency N               worker event loops (default: the number of processors)
          --mode serve|validate         serve, or only check the configuration (default: serve)
          --explain "GET URL"           tell what would be done with a request, and do not serve
          -l LEVEL, --log-level LEVEL   trace, debug, info, warning, error, critical or off (default: info)
          -h, --help                    this text
          --version                     the version
        """;

    public string ConfigPath { get; private init; } = "";

    public string ConfigYaml { get; private init; } = "";

    public int Concurrency { get; private init; } = Environment.ProcessorCount;

    public bool ValidateOnly { get; private init; }

    public string Explain { get; private init; } = "";

    public LogLevel LogLevel { get; private init; } = LogLevel.Information;

    public bool ShowHelp { get; private init; }

    public bool ShowVersion { get; private init; }

    /// <summary>Reads the command line; what is wrong with it is <paramref name="error"/>.</summary>
    public static HostOptions? Parse(string[] arguments, out string error)
    {
        var options = new HostOptions();
        error = "";
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i];
            string? value = null;
            if (name.StartsWith("--", StringComparison.Ordinal) && name.IndexOf('=', StringComparison.Ordinal) is var split and > 0)
                (name, value) = (name[..split], name[(split + 1)..]);

            switch (name)
            {
                case "-h" or "--help":
                    return options with { ShowHelp = true };
                case "--version":
                    return options with { ShowVersion = true };
                case "-c" or "--config-path" or "--config-yaml" or "--concurrency" or "--mode" or "--explain" or "-l" or "--log-level":
                    break;
                default:
                    error = $"unknown option '{arguments[i]}'";
                    return null;
            }

            if (value is null && ++i < arguments.Length)
                value = arguments[i];
            if (value is null)
                error = $"{name} needs a value";
            else if (options.With(name, value) is { } next)
                options = next;
            else
                error = $"{name}: '{value}' is not {Expected(name)}";
            if (error.Length > 0)
                return null;
        }

        if (options.ConfigPath.Length > 0 || options.ConfigYaml.Length > 0)
            return options;
        error = "there is no configuration: -c FILE or --config-yaml YAML says what to do";
        return null;
    }

    private HostOptions? With(string name, string value) => name switch
    {
        "--explain" => value.Split(' ').Length == 2 ? this with { Explain = value } : null,
        "-c" or "--config-path" => value.Length > 0 ? this with { ConfigPath = value } : null,
        "--config-yaml" => this with { ConfigYaml = value },

        // Envoy takes 0 for 1 as well.
        "--concurrency" => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= 1024
            ? this with { Concurrency = Math.Max(1, count) }
            : null,
        "--mode" => value is "serve" or "validate" ? this with { ValidateOnly = value == "validate" } : null,
        _ => Level(value) is { } level ? this with { LogLevel = level } : null,
    };

    private static string Expected(string name) => name switch
    {
        "--concurrency" => "a number from 0 to 1024",
        "--mode" => "serve or validate",
        "--explain" => "a method and a URL",
        "-l" or "--log-level" => "one of trace, debug, info, warning, error, critical, off",
        _ => "a file",
    };

    private static LogLevel? Level(string name) => name switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warning" or "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        "critical" => LogLevel.Critical,
        "off" => LogLevel.None,
        _ => null,
    };
}
