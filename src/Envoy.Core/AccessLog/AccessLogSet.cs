using Envoy.AccessLog.Files;
using Envoy.Extensions;

namespace Envoy.AccessLog;

/// <summary>The access logs of one filter, compiled. Immutable.</summary>
internal sealed class AccessLogSet
{
    private AccessLogSet((AccessLogFilter? Filter, ICompiledAccessLog Log)[] logs) => Logs = logs;

    public (AccessLogFilter? Filter, ICompiledAccessLog Log)[] Logs { get; }

    /// <summary>Checks what is configured; errors go to <paramref name="validation"/>.</summary>
    public static void Validate(IReadOnlyList<AccessLogConfig> configs, ConfigValidation validation) => validation.Each("access_log", configs, config =>
    {
        if (config.Filter is { } filter && AccessLogFilter.TryCompile(filter, out var error) is null)
            validation.Error(config, "filter", error);
        validation.In("typed_config", () => config.Options.Validate(validation));
    });

    /// <exception cref="IOException">A file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be opened.</exception>
    public static AccessLogSet Compile(IReadOnlyList<AccessLogConfig> configs, LogFiles files)
    {
        var logs = new (AccessLogFilter?, ICompiledAccessLog)[configs.Count];
        for (var i = 0; i < logs.Length; i++)
        {
            AccessLogFilter? filter = null;
            if (configs[i].Filter is { } config)
                filter = AccessLogFilter.TryCompile(config, out var error) ?? throw new ArgumentException(error, nameof(configs));
            logs[i] = (filter, configs[i].Options.Compile(files));
        }

        return new AccessLogSet(logs);
    }
}
