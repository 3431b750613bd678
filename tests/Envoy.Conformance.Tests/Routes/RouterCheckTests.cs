using System.Globalization;
using System.Text;
using System.Text.Json;
using Envoy.Config.Documents;
using Envoy.Extensions;
using Envoy.Filters;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Routing;
using Envoy.RuntimeSettings;

namespace Envoy.Conformance.Tests.Routes;

/// <summary>
/// Envoy's own route tables with the results that its router_check tool expects, of today and of 2020, asked of what serves requests. As in
/// that tool a runtime key that a test does not name is off.
/// </summary>
[TestFixture]
internal sealed class RouterCheckTests
{
    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    // The tables with what is not supported in them, by the file's name.
    private static readonly Dictionary<string, string> NotSupported = new(StringComparer.Ordinal)
    {
    };

    private static readonly string[] Folders = ["router_check", "router_check_v2era", "router_check_later"];

    public static IEnumerable<TestCaseData> Files()
    {
        var found = false;
        foreach (var folder in Folders)
        {
            if (ConformanceData.TryFind($"route-checks/{folder}") is not { } path)
                continue;
            foreach (var golden in Directory.GetFiles(path, "*.golden.proto.json").Order(StringComparer.Ordinal))
            {
                found = true;
                yield return new TestCaseData(golden).SetArgDisplayNames($"{folder}/{Path.GetFileName(golden)}");
            }
        }

        if (!found)
            yield return new TestCaseData("").SetArgDisplayNames("none");
    }

    [TestCaseSource(nameof(Files))]
    public void Explain_EnvoysRouteCheck_GivesWhatEnvoyExpects(string golden)
    {
        if (golden.Length == 0)
            Assert.Ignore("the folder shared/conformance/route-checks is not beside the repository");
        var name = Path.GetFileName(golden)[..^".golden.proto.json".Length];
        if (NotSupported.TryGetValue(name, out var reason))
            Assert.Ignore(reason);
        var mustFail = name.EndsWith("Failures", StringComparison.Ordinal);
        var table = RouteTableFile.Read(Path.Combine(Path.GetDirectoryName(golden)!, (mustFail ? name[..^"Failures".Length] : name) + ".yaml"));
        Assert.That(table.Errors, Is.Empty);
        table = table.WithLeastShares();

        using var document = JsonDocument.Parse(File.ReadAllText(golden), Lenient);
        var wrong = new List<string>();
        var count = 0;
        foreach (var test in document.RootElement.GetProperty("tests").EnumerateArray())
        {
            var differences = Check(table, test, ref count);
            if (mustFail && differences.Count == 0)
                wrong.Add($"{test.GetProperty("test_name")}: nothing differs, but something must");
            else if (!mustFail)
                wrong.AddRange(differences.Select(d => $"{test.GetProperty("test_name")}: {d}"));
        }

        TestContext.Out.WriteLine($"{count} assertions");
        Assert.That(wrong, Is.Empty);
    }

    private static List<string> Check(RouteTableFile table, JsonElement test, ref int count)
    {
        var input = test.GetProperty("input");
        var request = new HeaderMap();
        var isTls = Truth(input, "ssl");
        request.Add(":authority", Text(input, "authority"));
        request.Add(":path", Text(input, "path"));
        request.Add(":method", Text(input, "method"));
        request.Add("x-forwarded-proto", isTls ? "https" : "http");
        request.Add(":scheme", isTls ? "https" : "http");
        if (Truth(input, "internal"))
            request.Add("x-envoy-internal", "true");
        foreach (var key in new[] { "additional_request_headers", "additional_headers" })
            AddHeaders(request, input, key);
        var response = new HeaderMap();
        AddHeaders(response, input, "additional_response_headers");
        var random = input.TryGetProperty("random_value", out var value) ? ulong.Parse(value.ToString(), CultureInfo.InvariantCulture) : 0;
        var active = Text(input, "runtime");
        var keys = table.RuntimeKeys().Where(k => k != active).Select(k => new RuntimeValueConfig(k, "0/100"));
        var result = table.Explain(request, response, random, keys);

        var differences = new List<string>();
        var forwards = result.Outcome == RouteOutcome.Forward;
        foreach (var expected in test.GetProperty("validate").EnumerateObject())
        {
            count++;
            switch (expected.Name)
            {
                case "cluster_name":
                    Compare(forwards ? result.Cluster : "", expected, differences);
                    break;
                case "virtual_cluster_name":
                    Compare(forwards ? result.VirtualCluster ?? "" : "", expected, differences);
                    break;
                case "virtual_host_name":
                    Compare(forwards ? result.VirtualHost ?? "" : "", expected, differences);
                    break;
                case "path_rewrite":
                    Compare(forwards ? result.Path : "", expected, differences);
                    break;
                case "host_rewrite":
                    Compare(forwards ? result.Host : "", expected, differences);
                    break;
                case "path_redirect":
                    Compare(LocationOf(result, request), expected, differences);
                    break;
                case "code_redirect":
                    Compare(result.Outcome is RouteOutcome.Redirect or RouteOutcome.DirectResponse ? result.Status.ToString(CultureInfo.InvariantCulture) : "0", expected, differences);
                    break;
                case "timeout":
                    Compare($"{result.Timeout?.TotalSeconds ?? 0}s", expected, differences);
                    break;
                case "request_header_matches" or "response_header_matches":
                    count += Matchers(expected.Value, expected.Name[1] == 'e' && expected.Name[2] == 'q' ? request : response, differences) - 1;
                    break;
                case "request_header_fields" or "header_fields" or "custom_header_fields" or "response_header_fields":
                    var headers = expected.Name[0] == 'r' && expected.Name[2] == 's' ? response : request;
                    foreach (var field in expected.Value.EnumerateArray())
                    {
                        var (header, wanted) = NameAndValue(field);
                        if ((headers.GetString(header) ?? "") != wanted)
                            differences.Add($"{header} is '{headers.GetString(header)}', not '{wanted}'");
                    }

                    break;
                default:
                    differences.Add($"the test does not know '{expected.Name}'");
                    break;
            }
        }

        return differences;
    }

    // Envoy's tool asks a direct response for its location too: the request's own URL.
    private static string LocationOf(RouteExplanation result, HeaderMap request) => result.Outcome switch
    {
        RouteOutcome.Redirect => result.Location!,
        RouteOutcome.DirectResponse => $"{request.GetString(HeaderId.Scheme)}://{request.GetString(HeaderId.Authority)}{request.GetString(HeaderId.Path)}",
        _ => "",
    };

    private static int Matchers(JsonElement list, HeaderMap headers, List<string> differences)
    {
        var context = new ConfigReadContext(StandardExtensions.Catalogue);
        var node = DocumentReader.Read(list.GetRawText(), "matchers", context)!;
        foreach (var item in node.Items)
        {
            Assert.That(HeaderMatcherReader.TryRead(item, context, out var config), Is.True, string.Join("; ", context.Errors));
            var matcher = HeaderMatcher.TryCompile(config, out _)!;
            if (!matcher.Matches(headers, new MatchScratch()))
                differences.Add($"does not hold: {matcher}; the value is '{headers.GetString(config.Name)}'");
        }

        return node.Items.Count;
    }

    private static void Compare(string actual, JsonProperty expected, List<string> differences)
    {
        if (actual != expected.Value.ToString())
            differences.Add($"{expected.Name} is '{actual}', not '{expected.Value}'");
    }

    private static void AddHeaders(HeaderMap headers, JsonElement input, string key)
    {
        if (!input.TryGetProperty(key, out var list))
            return;
        foreach (var field in list.EnumerateArray())
        {
            var (name, value) = NameAndValue(field);
            headers.Add(name, value);
        }
    }

    private static (string Name, string Value) NameAndValue(JsonElement field) =>
        (field.TryGetProperty("key", out var key) ? key.GetString()! : field.GetProperty("field").GetString()!, field.TryGetProperty("value", out var value) ? value.ToString() : "");

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.ToString() : "";

    private static bool Truth(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
}
