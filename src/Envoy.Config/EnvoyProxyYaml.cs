using Envoy.Extensions;
using Envoy.Proxy;

namespace Envoy.Config;

/// <summary>Starts proxies of Envoy's own configuration, as <see cref="EnvoyProxy.StartAsync"/> starts those made in code.</summary>
public static class EnvoyProxyYaml
{
    /// <summary>Starts a proxy that does what a text says.</summary>
    /// <param name="yaml">YAML or JSON.</param>
    /// <param name="options">How it runs; null for the defaults.</param>
    /// <param name="extensions">The filters that may be named; null: those that come with the library.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="ConfigException">The text is wrong; the message shows every error.</exception>
    /// <exception cref="ProxyStartException">An address cannot be bound. Nothing is left running.</exception>
    public static Task<EnvoyProxy> StartAsync(
        string yaml, EnvoyProxyOptions? options = null, ExtensionCatalogue? extensions = null, CancellationToken cancellationToken = default) =>
        EnvoyProxy.StartAsync(EnvoyConfigLoader.Parse(yaml, "", extensions).OrThrow(), options, cancellationToken);

    /// <summary>Starts a proxy that does what a file says.</summary>
    /// <param name="path">The file: YAML or JSON.</param>
    /// <param name="options">How it runs; null for the defaults.</param>
    /// <param name="extensions">The filters that may be named; null: those that come with the library.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="ConfigException">The file is wrong or cannot be read; the message shows every error.</exception>
    /// <exception cref="ProxyStartException">An address cannot be bound. Nothing is left running.</exception>
    public static Task<EnvoyProxy> StartFileAsync(
        string path, EnvoyProxyOptions? options = null, ExtensionCatalogue? extensions = null, CancellationToken cancellationToken = default) =>
        EnvoyProxy.StartAsync(EnvoyConfigLoader.LoadFile(path, extensions).OrThrow(), options, cancellationToken);
}
