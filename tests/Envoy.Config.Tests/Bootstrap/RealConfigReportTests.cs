using System.Text.Json;
using System.Text.RegularExpressions;
using Envoy.Extensions;

namespace Envoy.Config.Tests.Bootstrap;

/// <summary>
/// Configurations from the wild: every one is read or refused, and what today's Envoy takes is never refused for a name that nobody knows.
/// The counts of what is refused say what to support next.
/// </summary>
public sealed partial class RealConfigReportTests
{
    [Test]
    public void RealConfigs_AreReadOrRefused_AndNoFieldOfEnvoyIsUnknown()
    {
        var folder = SharedFolder.Require("conformance/envoy-configs");
        using var index = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "index.json")));
        var loaded = new SortedDictionary<string, (int Loaded, int All)>(StringComparer.Ordinal);
        var refused = new Dictionary<string, int>(StringComparer.Ordinal);
        var unknown = new List<string>();
        var invalid = new List<string>();
        foreach (var entry in index.RootElement.EnumerateArray())
        {
            var file = Path.Combine(folder, entry.GetProperty("file").GetString()!);
            if (!File.Exists(file))
                continue;
            var result = EnvoyConfigLoader.LoadFile(file);
            Assert.That(result.Config is null, Is.EqualTo(result.Errors.Count > 0), file);
            if (entry.GetProperty("kind").GetString() != "bootstrap")
                continue;

            var expected = entry.GetProperty("expect_current_envoy").GetString()!;
            var (done, all) = loaded.GetValueOrDefault(expected);
            loaded[expected] = (done + (result.Config is null ? 0 : 1), all + 1);
            foreach (var feature in result.Errors.Where(e => e.Kind == ConfigErrorKind.NotSupported).Select(Feature).Distinct())
                refused[feature] = refused.GetValueOrDefault(feature) + 1;
            if (expected != "accept")
            {
                if (result.Config is not null)
                    TestContext.Out.WriteLine($"loaded, though Envoy would not: {file[folder.Length..]}: {entry.GetProperty("expect_reason").GetString()}");
                continue;
            }

            unknown.AddRange(result.Errors.Where(e => e.Kind == ConfigErrorKind.Unknown && !e.Message.Contains("is configured by", StringComparison.Ordinal)).Select(e => e.ToString()));
            invalid.AddRange(result.Errors.Where(e => e.Kind == ConfigErrorKind.Invalid).Select(e => e.ToString()));
        }

        foreach (var (expected, (done, all)) in loaded)
            TestContext.Out.WriteLine($"Envoy would {expected}: {all} files, {done} loaded here");
        foreach (var (feature, count) in refused.OrderByDescending(r => r.Value).ThenBy(r => r.Key, StringComparer.Ordinal))
            TestContext.Out.WriteLine($"{count,5}  {feature}");
        foreach (var error in invalid)
            TestContext.Out.WriteLine("refused as invalid: " + error[folder.Length..]);
        Assert.That(unknown, Is.Empty);
    }

    private static string Feature(ConfigError error) => NotTheFeature().Replace(error.Message, "").Trim();

    [GeneratedRegex("which is not supported yet|is a field of|, $")]
    private static partial Regex NotTheFeature();
}
