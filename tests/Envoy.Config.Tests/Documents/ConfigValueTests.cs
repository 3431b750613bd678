using Envoy.Extensions;

namespace Envoy.Config.Tests.Documents;

public sealed class ConfigValueTests
{
    [TestCase("0s", 0)]
    [TestCase("1s", 10_000_000)]
    [TestCase("0.25s", 2_500_000)]
    [TestCase(".5s", 5_000_000)]
    [TestCase("5.s", 50_000_000)]
    [TestCase("-1.5s", -15_000_000)]
    [TestCase("0.000000001s", 1, Description = "rounded up: zero would mean none")]
    [TestCase("0.123456789s", 1_234_568)]
    [TestCase("315576000000s", 3_155_760_000_000_000_000)]
    public void Duration_Right_IsRead(string text, long ticks)
    {
        Assert.That(ConfigDuration.TryParse(text, out var value), Is.True);
        Assert.That(value.Ticks, Is.EqualTo(ticks));
    }

    [TestCase("")]
    [TestCase("s")]
    [TestCase(".s")]
    [TestCase("-s")]
    [TestCase("1")]
    [TestCase("1 s")]
    [TestCase("+1s")]
    [TestCase("1e3s")]
    [TestCase("1.0000000001s")]
    [TestCase("1.2.3s")]
    [TestCase("315576000001s")]
    [TestCase("99999999999999999999s")]
    [TestCase("١s")]
    public void Duration_Wrong_IsRefused(string text) => Assert.That(ConfigDuration.TryParse(text, out _), Is.False);

    [TestCase("80", false, 80)]
    [TestCase("80", true, 80)]
    [TestCase("80.0", false, 80)]
    [TestCase("8e1", false, 80)]
    [TestCase("0x50", false, 80)]
    [TestCase("0644", false, 420)]
    [TestCase("0", false, 0)]
    [TestCase("4294967295", false, 4294967295L)]
    [TestCase("80.5", false, null)]
    [TestCase("-1", false, null)]
    [TestCase("4294967296", false, null)]
    [TestCase("1e400", false, null)]
    [TestCase("089", false, null)]
    [TestCase("", true, null)]
    [TestCase("eighty", false, null)]
    [TestCase("true", false, null)]
    public void Number_InAnySpelling_IsReadOrRefused(string text, bool quoted, long? expected)
    {
        var right = ConfigValues.ReadInteger(ConfigNode.Scalar(text, quoted), Context(), 0, uint.MaxValue, out var value);

        Assert.That(right ? value : (long?)null, Is.EqualTo(expected));
    }

    [TestCase("true", false, true)]
    [TestCase("true", true, true)]
    [TestCase("Yes", false, true)]
    [TestCase("off", false, false)]
    [TestCase("FALSE", false, false)]
    [TestCase("yes", true, null)]
    [TestCase("1", false, null)]
    public void Bool_InAnySpelling_IsReadOrRefused(string text, bool quoted, bool? expected)
    {
        var right = ConfigValues.ReadBool(ConfigNode.Scalar(text, quoted), Context(), out var value);

        Assert.That(right ? value : (bool?)null, Is.EqualTo(expected));
    }

    [TestCase("strict_dsn", "strict_dns", "strict_dns")]
    [TestCase("cluter", "cluster;clusters", "cluster")]
    [TestCase("Cluster", "cluster", "cluster")]
    [TestCase("ba", "ab", "ab")]
    [TestCase("completely_else", "cluster", null)]
    [TestCase("", "a", null)]
    public void NearestName_OfAMistypedOne_IsFound(string name, string known, string? expected) =>
        Assert.That(NearestName.Find(name, known.Split(';')), Is.EqualTo(expected));

    [Test]
    public void FieldTable_AsksForItsFields_ListsNamesDefaultsAndLimits()
    {
        var fields = Envoy.Filters.Network.TcpProxy.TcpProxyReader.Fields.Fields;

        Assert.That(fields[0], Is.EqualTo(new ConfigField("stat_prefix", "string", FieldSupport.Supported) { IsRequired = true, Limits = "not empty" }));
        Assert.That(fields.Single(f => f.Name == "idle_timeout"), Has.Property("Default").EqualTo("3600s").And.Property("JsonName").EqualTo("idleTimeout"));
        Assert.That(fields.Single(f => f.Name == "max_connect_attempts").Limits, Is.EqualTo("1 to 4294967295"));
        Assert.That(fields.Single(f => f.Name == "on_demand").Support, Is.EqualTo(FieldSupport.NotYet));
    }

    private static ConfigReadContext Context() => new(new ExtensionCatalogue([]));
}
