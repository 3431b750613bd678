namespace Envoy.Proxy.Admin;

/// <summary>What <c>/server_info</c> and <c>/ready</c> show. Immutable.</summary>
/// <param name="Version">The version's text.</param>
/// <param name="State">What the proxy is doing.</param>
/// <param name="Uptime">Since the proxy was started; shown in whole seconds.</param>
/// <param name="Concurrency">The number of workers.</param>
/// <param name="Node">Who the proxy is.</param>
internal sealed record ServerView(string Version, ServerState State, TimeSpan Uptime, int Concurrency, NodeConfig Node)
{
    /// <summary>The configuration file; empty (default) when there is none.</summary>
    public string ConfigPath { get; init; } = "";

    /// <summary>Configuration given as text; empty (default) when there is none.</summary>
    public string ConfigYaml { get; init; } = "";

    /// <summary>The log level, a word of Envoy's; default <c>info</c>.</summary>
    public string LogLevel { get; init; } = "info";

    /// <summary>How long a drain takes; default Envoy's 600 s.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(600);
}
