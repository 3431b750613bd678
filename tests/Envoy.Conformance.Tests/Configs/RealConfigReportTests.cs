using System.Text.Json;
using System.Text.RegularExpressions;
using Envoy.Config;
using Envoy.Extensions;

namespace Envoy.Conformance.Tests.Configs;

/// <summary>
/// Real configurations that today's Envoy accepts: each loads, or is refused for features of Envoy's that are not here yet, by their names, and
/// for nothing else. What they lack is counted.
/// </summary>
[TestFixture]
internal sealed partial class RealConfigReportTests
{
    private const string Folder = "envoy-configs";

    private static readonly string[] Outside =
    [
        "there is no file",
        "no cluster is called",

        // Envoy: "cluster manager: duplicate cluster".
        "another cluster is called",

        // Envoy takes such a list and answers nothing: an error here (docs/envoy-differences.md).
        "there is no HTTP filter",

        // Envoy: "ALPN configured for cluster ... which has a non-ALPN transport socket".
        "auto_config asks each host",

        // Envoy: "no filter chains specified".
        "the listener has no filter chain",

        // Envoy: "Server TlsCertificates must have a certificate specified".
        "a server needs a certificate",

        // A PROXY protocol's version that is none of the enum's, which protobuf's open enums let pass.
        "must be one of V1, V2",

        // A connection manager without any message.
        "HttpConnectionManager needs",

        // YamlDotNet refuses a block that begins with a line of more spaces than the rest; yaml-cpp does not.
        "is not YAML: While scanning a literal block scalar, found extra spaces in first line",
    ];

    [GeneratedRegex("'([^']+)'")]
    private static partial Regex Quoted { get; }

    [Test]
    public void Parse_ConfigurationsThatEnvoyAccepts_LoadOrLackANamedFeature()
    {
        var root = ConformanceData.Find(Folder);
        using var index = JsonDocument.Parse(File.ReadAllText(Path.Combine(root, "index.json")));
        var loaded = 0;
        var refused = 0;
        var unexpected = new List<string>();
        var lacking = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in index.RootElement.EnumerateArray())
        {
            if (entry.GetProperty("kind").GetString() != "bootstrap" || !entry.TryGetProperty("expect_current_envoy", out var expected) || expected.GetString() != "accept")
                continue;
            var file = entry.GetProperty("file").GetString()!;
            var path = Path.Combine(root, file);
            if (!File.Exists(path))
                continue;
            var result = EnvoyConfigLoader.Parse(File.ReadAllText(path), Path.GetFileName(file));
            if (result.Config is not null)
            {
                loaded++;
                continue;
            }

            refused++;
            foreach (var feature in result.Errors.Where(e => e.Kind == ConfigErrorKind.NotSupported).Select(FeatureOf).Distinct(StringComparer.Ordinal))
                lacking[feature] = lacking.GetValueOrDefault(feature) + 1;

            unexpected.AddRange(result.Errors.Where(e => e.Kind != ConfigErrorKind.NotSupported && !IsOutside(e)).Select(e => $"{file}: {e}"));
        }

        TestContext.Out.WriteLine($"{loaded} load, {refused} lack something:");
        foreach (var (feature, count) in lacking.OrderByDescending(f => f.Value).ThenBy(f => f.Key, StringComparer.Ordinal))
            TestContext.Out.WriteLine($"{count,4}  {feature}");
        Assert.That(unexpected, Is.Empty, string.Join(Environment.NewLine, unexpected));
        Assert.That(loaded, Is.GreaterThan(0));
    }

    private static string FeatureOf(ConfigError error) => Quoted.Match(error.Message) is { Success: true } match ? match.Groups[1].Value : error.Message;

    /// <summary>
    /// What the expectation, which was derived from Envoy's messages and not by running Envoy, does not know: files and clusters that are not
    /// there, templates in the place of addresses, a filter without its message, what Envoy's factories refuse.
    /// </summary>
    private static bool IsOutside(ConfigError error) => Array.Exists(Outside, start => error.Message.StartsWith(start, StringComparison.Ordinal))
        || (error.Message.Contains("is not an IP address", StringComparison.Ordinal) && error.Message.AsSpan().ContainsAny("{$/"));
}
