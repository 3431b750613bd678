using Envoy.Hosting;
using Envoy.Proxy;
using Envoy.Proxy.Building;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes a proxy a part of an application: it starts, drains and stops with it.</summary>
public static class EnvoyProxyServiceCollectionExtensions
{
    /// <summary>
    /// Adds a proxy. <see cref="EnvoyProxyAccessor"/> is at hand in the container from then on, with the proxy in it once it serves.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="config">What the proxy does.</param>
    /// <param name="configure">How it lives in the application; null for the defaults.</param>
    /// <exception cref="InvalidOperationException">There is a proxy already.</exception>
    public static IServiceCollection AddEnvoyProxy(this IServiceCollection services, ProxyConfig config, Action<EnvoyProxyHostingOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        return services.AddEnvoyProxy(_ => config, configure);
    }

    /// <summary>Adds a proxy that is described in code.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="build">Says what the proxy does.</param>
    /// <param name="configure">How it lives in the application; null for the defaults.</param>
    /// <exception cref="ArgumentException">What was built contradicts itself; the message has a line for each error.</exception>
    /// <exception cref="InvalidOperationException">There is a proxy already.</exception>
    public static IServiceCollection AddEnvoyProxy(this IServiceCollection services, Action<ProxyConfigBuilder> build, Action<EnvoyProxyHostingOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(build);
        var builder = new ProxyConfigBuilder();
        build(builder);
        return services.AddEnvoyProxy(builder.Build(), configure);
    }

    /// <summary>Adds a proxy whose configuration is made, or read, when it starts.</summary>
    internal static IServiceCollection AddEnvoyProxy(this IServiceCollection services, Func<IServiceProvider, ProxyConfig> config, Action<EnvoyProxyHostingOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(s => s.ServiceType == typeof(EnvoyProxyAccessor)))
            throw new InvalidOperationException("The application has a proxy already; one proxy can have many listeners.");
        var options = services.AddOptions<EnvoyProxyHostingOptions>()
            .Validate(o => o.DrainTimeout >= TimeSpan.Zero, $"{nameof(EnvoyProxyHostingOptions.DrainTimeout)} is not negative.")
            .Validate(o => o.Proxy is not null, $"{nameof(EnvoyProxyHostingOptions.Proxy)} is not null.");
        if (configure is not null)
            options.Configure(configure);
        services.AddSingleton(_ => new EnvoyProxyAccessor());
        return services.AddSingleton<IHostedService>(s => new EnvoyProxyService(
            s, s.GetRequiredService<IOptions<EnvoyProxyHostingOptions>>(), s.GetRequiredService<EnvoyProxyAccessor>(), config));
    }
}
