using Envoy.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Envoy.Integration.Tests.Hosting;

/// <summary>What the README shows of hosting; <see cref="HostedProxyTests"/> runs it.</summary>
internal static class HostingSample
{
    public static void AddFromYaml(IServiceCollection services, string path)
    {
        #region yaml
        services.AddEnvoyProxyFromYaml(path, options => options.DrainTimeout = TimeSpan.FromSeconds(20));
        #endregion
    }

    public static void AddFromCode(IServiceCollection services)
    {
        #region code
        services.AddEnvoyProxy(proxy => proxy
            .AddListener("http", listener => listener
                .Address("127.0.0.1", 0)
                .AddHttpConnectionManager("web", http => http
                    .VirtualHost("all", ["*"], site => site.DirectResponse("/", 200, "hello"))))
            .Admin());
        #endregion
    }

    public static async Task<string> Ask(IServiceProvider services)
    {
        #region ask
        var proxy = await services.GetRequiredService<EnvoyProxyAccessor>().WhenStartedAsync();
        using var client = new HttpClient { BaseAddress = new Uri($"http://{proxy.GetListenerAddress("http")}/") };
        #endregion
        return await client.GetStringAsync("/");
    }
}
