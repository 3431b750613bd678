using Envoy.Config;
using Envoy.Hosting;
using Envoy.Integration.Tests.Support;
using Envoy.Proxy;
using Envoy.Proxy.Building;
using Envoy.Runtime;
using Envoy.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Envoy.Integration.Tests.Hosting;

/// <summary>The proxy as a part of an application: what the host calls, in the host's order.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class HostedProxyTests(EngineKind engine)
{
    [Test]
    public async Task Start_ProxyInCode_ServesAndStops()
    {
        await using var services = Services(s => s.AddEnvoyProxy(Echo, Configure));
        var accessor = services.GetRequiredService<EnvoyProxyAccessor>();
        Assert.That(() => accessor.Proxy, Throws.InvalidOperationException);
        var waiting = accessor.WhenStartedAsync();
        await Start(services);
        var proxy = await waiting;
        Assert.That(accessor.Proxy, Is.SameAs(proxy));
        using (var client = await RawClient.ConnectAsync(proxy.GetListenerAddress("echo")!))
        {
            await client.SendAsync("x");
            await client.ReadExactlyAsync(1);
        }

        await Stop(services);
        Assert.That(proxy.Completion.IsCompletedSuccessfully);
    }

    [Test]
    public async Task Stop_RequestUnderWay_IsFinished()
    {
        var answer = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().Answer(async e =>
        {
            await answer.Task;
            await e.RespondAsync(200, "late");
        });
        await using var services = Services(s => s.AddEnvoyProxy(Forward(upstream), o =>
        {
            Configure(o);
            o.DrainTimeout = TimeSpan.FromSeconds(30);
        }));
        await Start(services);
        var proxy = services.GetRequiredService<EnvoyProxyAccessor>().Proxy;
        using var client = await RawClient.ConnectAsync(proxy.GetListenerAddress("http")!);
        await client.SendAsync("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        await upstream.StartedAsync();
        var stopping = Stop(services);
        Assert.That(stopping.IsCompleted, Is.False);
        answer.SetResult();
        var response = await client.ReadResponseAsync();
        Assert.That(response.BodyText, Is.EqualTo("late"));
        Assert.That(response.Headers["connection"], Is.EqualTo("close"));
        await stopping;
        Assert.That(proxy.Completion.IsCompletedSuccessfully);
    }

    [Test]
    public async Task Stop_NoTimeToDrain_EndsWhatIsOpen()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var services = Services(s => s.AddEnvoyProxy(Forward(upstream), o =>
        {
            Configure(o);
            o.DrainTimeout = TimeSpan.Zero;
        }));
        await Start(services);
        var proxy = services.GetRequiredService<EnvoyProxyAccessor>().Proxy;
        using var client = await RawClient.ConnectAsync(proxy.GetListenerAddress("http")!);
        await client.SendAsync("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        await upstream.StartedAsync();
        await Stop(services);
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
    }

    [Test]
    public async Task Stop_HostIsOutOfPatience_DrainingEnds()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var services = Services(s => s.AddEnvoyProxy(Forward(upstream), o =>
        {
            Configure(o);
            o.DrainTimeout = TimeSpan.FromHours(1);
        }));
        await Start(services);
        var proxy = services.GetRequiredService<EnvoyProxyAccessor>().Proxy;
        using var client = await RawClient.ConnectAsync(proxy.GetListenerAddress("http")!);
        await client.SendAsync("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        await upstream.StartedAsync();
        using var patience = new CancellationTokenSource();
        var stopping = services.GetServices<IHostedService>().Single().StopAsync(patience.Token);
        Assert.That(stopping.IsCompleted, Is.False);
        await patience.CancelAsync();
        await stopping;
        Assert.That(proxy.Completion.IsCompletedSuccessfully);
    }

    [Test]
    public async Task Start_LoggerFactoryOfTheApplication_IsTold()
    {
        var log = new ListLog();
        await using var services = Services(s => s.AddSingleton<ILoggerFactory>(log).AddEnvoyProxy(Echo, Configure));
        await Start(services);
        await Stop(services);
        Assert.That(log.Messages, Has.Some.StartsWith("Envoy: Listener echo listens on 127.0.0.1:"));
        Assert.That(log.Messages, Has.Some.StartsWith("Envoy.Hosting: The proxy drains"));
    }

    [Test]
    public async Task QuitQuitQuit_AsOptionsSay_StopsTheApplication()
    {
        var lifetime = new Lifetime();
        await using var services = Services(s => s.AddSingleton<IHostApplicationLifetime>(lifetime)
            .AddEnvoyProxy(b => b.Admin(), o =>
            {
                Configure(o);
                o.StopApplicationOnRequest = true;
            }));
        await Start(services);
        using var admin = new HttpClient { BaseAddress = new Uri($"http://{services.GetRequiredService<EnvoyProxyAccessor>().Proxy.AdminAddress}/") };
        await admin.PostAsync("/quitquitquit", null);
        await lifetime.Stopped.WaitAsync(TimeSpan.FromSeconds(30));
        await Stop(services);
    }

    [Test]
    public async Task FromYaml_File_IsReadAtStart()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "static_resources: { listeners: [ { name: echo, address: { socket_address: { address: 127.0.0.1, port_value: 0 } }, "
                + "filter_chains: [ { filters: [ { name: envoy.echo } ] } ] } ] }");
            await using var services = Services(s =>
            {
                HostingSample.AddFromYaml(s, file);
                s.PostConfigure<EnvoyProxyHostingOptions>(Configure);
            });
            await Start(services);
            Assert.That(services.GetRequiredService<EnvoyProxyAccessor>().Proxy.ListenerNames, Is.EqualTo(["echo"]));
            await using var alone = await EnvoyProxyYaml.StartFileAsync(file, new EnvoyProxyOptions { Engine = engine, Concurrency = 1 });
            Assert.That(alone.ListenerNames, Is.EqualTo(["echo"]));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public async Task FromYaml_WrongFile_FailsTheStartWithEveryError()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "statics: 1\nadmin: { addres: 2 }\n");
            await using var services = Services(s => s.AddEnvoyProxyFromYaml(file, Configure));
            var failure = await Assert.ThrowsAsync<ConfigException>(() => Start(services));
            Assert.That(failure?.Errors, Has.Count.GreaterThanOrEqualTo(2));
            Assert.That(failure?.Message, Does.Contain($"{file}:1:1:").And.Contain($"{file}:2:"));
            await Assert.ThatAsync(() => services.GetRequiredService<EnvoyProxyAccessor>().WhenStartedAsync(), Throws.InstanceOf<ConfigException>());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public async Task Sample_OfTheReadme_Answers()
    {
        await using var services = Services(s =>
        {
            HostingSample.AddFromCode(s);
            s.PostConfigure<EnvoyProxyHostingOptions>(Configure);
        });
        await Start(services);
        Assert.That(await HostingSample.Ask(services), Is.EqualTo("hello"));
        await Stop(services);
    }

    [Test]
    public void AddEnvoyProxy_Twice_IsRefused()
    {
        var services = new ServiceCollection().AddEnvoyProxy(Echo);
        Assert.That(() => services.AddEnvoyProxy(Echo), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Options_Negative_AreRefusedAtStart()
    {
        await using var services = Services(s => s.AddEnvoyProxy(Echo, o => o.DrainTimeout = TimeSpan.FromSeconds(-1)));
        await Assert.ThatAsync(() => Start(services), Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("DrainTimeout"));
    }

    [Test]
    public async Task Dispose_ContainerThatCannotWait_StopsTheProxy()
    {
        var services = Services(s => s.AddEnvoyProxy(Echo, Configure));
        await Start(services);
        var proxy = services.GetRequiredService<EnvoyProxyAccessor>().Proxy;
        services.Dispose();
        await proxy.Completion.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private void Configure(EnvoyProxyHostingOptions options) => options.Proxy = options.Proxy with { Engine = engine, Concurrency = 1 };

    private static void Echo(ProxyConfigBuilder builder) => builder.AddListener("echo", l => l.Address("127.0.0.1", 0).AddEcho());

    private static Action<ProxyConfigBuilder> Forward(FakeUpstream upstream) => b => b
        .AddListener("http", l => l.Address("127.0.0.1", 0).AddHttpConnectionManager("t", h => h.VirtualHost("all", ["*"], v => v.Route("/", "upstream"))))
        .AddCluster("upstream", c => c.Endpoint("127.0.0.1", upstream.Port));

    private static ServiceProvider Services(Action<IServiceCollection> configure)
    {
        var services = new ServiceCollection();
        configure(services);
        return services.BuildServiceProvider(validateScopes: true);
    }

    private static async Task Start(ServiceProvider services)
    {
        foreach (var hosted in services.GetServices<IHostedService>())
            await hosted.StartAsync(CancellationToken.None);
    }

    private static async Task Stop(ServiceProvider services)
    {
        foreach (var hosted in services.GetServices<IHostedService>())
            await hosted.StopAsync(CancellationToken.None);
    }

    private sealed class Lifetime : IHostApplicationLifetime
    {
        private readonly TaskCompletionSource _stopped = new();

        public Task Stopped => _stopped.Task;

        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => _stopped.TrySetResult();
    }

    private sealed class ListLog : ILoggerFactory
    {
        private readonly List<string> _messages = [];

        public IReadOnlyList<string> Messages
        {
            get
            {
                lock (_messages)
                    return [.. _messages];
            }
        }

        public ILogger CreateLogger(string categoryName) => new Logger(_messages, categoryName);

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }

        private sealed class Logger(List<string> messages, string name) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                lock (messages)
                    messages.Add($"{name}: {formatter(state, exception)}");
            }
        }
    }
}
