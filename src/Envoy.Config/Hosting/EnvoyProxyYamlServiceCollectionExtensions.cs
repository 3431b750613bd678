using Envoy.Config;
using Envoy.Extensions;
using Envoy.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes a proxy of Envoy's own configuration a part of an application.</summary>
public static class EnvoyProxyYamlServiceCollectionExtensions
{
    /// <summary>
    /// Adds a proxy that does what a file says. It is read when the application starts, which fails with a <see cref="ConfigException"/> that
    /// shows every error if the file is wrong.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="path">The file: YAML or JSON. Relative to the current directory.</param>
    /// <param name="configure">How the proxy lives in the application; null for the defaults.</param>
    /// <param name="extensions">The filters that may be named; null: those that come with the library.</param>
    /// <exception cref="InvalidOperationException">There is a proxy already.</exception>
    public static IServiceCollection AddEnvoyProxyFromYaml(
        this IServiceCollection services, string path, Action<EnvoyProxyHostingOptions>? configure = null, ExtensionCatalogue? extensions = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return services.AddEnvoyProxy(_ => EnvoyConfigLoader.LoadFile(path, extensions).OrThrow(), configure);
    }
}
