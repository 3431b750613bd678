using Envoy.Proxy;

namespace Envoy.Config.Tests.Bootstrap;

public sealed class SeedConfigTests
{
    private static readonly TestCaseData[] Files =
    [
        new("1-echo.yaml", SeedConfigs.Echo()),
        new("2-tcp-egress.yaml", SeedConfigs.TcpEgress()),
        new("3-tcp-ingress.yaml", SeedConfigs.TcpIngress()),
        new("4-http-egress-redirect.yaml", SeedConfigs.HttpEgressRedirect()),
        new("5-http-egress.yaml", SeedConfigs.HttpEgress()),
        new("6-http-ingress.yaml", SeedConfigs.HttpIngress()),
    ];

    [TestCaseSource(nameof(Files))]
    public void SeedFile_Unchanged_EqualsCode(string file, ProxyConfig code)
    {
        var result = EnvoyConfigLoader.LoadFile(Path.Combine(SharedFolder.Require("seed/configs"), file));

        Assert.That(result.Errors, Is.Empty);
        Assert.That(result.Config, Is.EqualTo(code));
    }

    [Test]
    public void Records_OneFieldDiffers_AreNotEqual()
    {
        var config = SeedConfigs.HttpEgress();

        Assert.That(SeedConfigs.HttpEgress(), Is.EqualTo(config));
        Assert.That(SeedConfigs.HttpEgress().GetHashCode(), Is.EqualTo(config.GetHashCode()));
        Assert.That(SeedConfigs.HttpEgressRedirect(), Is.Not.EqualTo(config));
    }
}
