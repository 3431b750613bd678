using System.Text;
using Envoy.Proxy.Building;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Listeners;

/// <summary>What the fixtures of listener filters share: the engine under test, and a proxy of one listener in a line.</summary>
public abstract class ListenerFilterFixture(EngineKind engine)
{
    protected const string Name = "l";

    protected TestProxyOptions Options { get; } = new() { Engine = engine };

    /// <summary>A proxy of one listener; the filters before it are counted under <c>listener.l.</c>.</summary>
    protected Task<TestProxy> Start(Action<ListenerBuilder> configure, Action<ProxyConfigBuilder>? more = null)
    {
        var builder = new ProxyConfigBuilder().AddListener(Name, l =>
        {
            l.Address("127.0.0.1", 0).With(c => c with { StatPrefix = Name });
            configure(l);
        });
        more?.Invoke(builder);
        return TestProxy.StartAsync(builder.Build(), Options);
    }

    /// <summary>Nothing is left of any connection, whatever became of it.</summary>
    protected static async Task AssertQuiet(TestProxy proxy)
    {
        await proxy.WaitForAsync("listener.l.downstream_pre_cx_active", v => v == 0);
        await proxy.WaitForAsync("listener.l.downstream_cx_active", v => v == 0);
    }

    protected static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    protected static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
