using Envoy.Extensions;
using Envoy.Proxy;

namespace Envoy.Config;

/// <summary>What came of reading a configuration: either a configuration or errors. Immutable.</summary>
/// <param name="Config">The configuration; null when there are errors.</param>
/// <param name="Errors">Everything that is wrong, in file order; empty when there is a configuration.</param>
public sealed record ConfigResult(ProxyConfig? Config, IReadOnlyList<ConfigError> Errors)
{
    /// <summary>The configuration.</summary>
    /// <exception cref="ConfigException">There are errors.</exception>
    public ProxyConfig OrThrow() => Config ?? throw new ConfigException(Errors);
}
