using System.Globalization;
using System.Text.Json;
using Envoy.Extensions;
using Envoy.Http.Headers;
using Envoy.Routing;
using Envoy.RuntimeSettings;

namespace Envoy.Conformance.Tests.Routes;

/// <summary>Cases and refusals of Envoy's unit tests of route tables.</summary>
[TestFixture]
internal sealed class RouteTableCaseTests
{
    private const string Tree = "matcher of a virtual host (the unified matching tree) is not supported yet";
    private const string Mock = "what the runtime answers is made up by Envoy's test, request by request, and is not in the data";
    private const string Folder = "route-checks/config_impl_test";

    // What is not supported, by the test's name in Envoy, with the reason.
    private static readonly Dictionary<string, string> NotSupported = new(StringComparer.Ordinal)
    {
        ["RouteMatcherTest.TestMatchTree#0"] = Tree,
        ["RouteMatcherTest.TestMatchTreeDynamicCluster#0"] = Tree,
        ["RouteMatcherTest.TestRouteList#0"] = Tree,
        ["RouteMatcherTest.TestRouteListDynamicCluster#0"] = Tree,
        ["RouteMatcherTest.TestConnectRoutes#0"] = "one request relies on a port that Envoy's test puts into the filter state by hand",
        ["RouteMatcherTest.FractionalRuntime#0"] = Mock,
        ["RouteMatcherTest.WeightedClusters#0"] = Mock,
        ["RouteMatcherTest.RetryVirtualHostLevel#0"] = "retry_options_predicates are not supported yet, and the table's exist in Envoy's tests only",
        ["CustomRequestHeadersTest.AddNewHeader#0"] = "%TRACE_ID% has no value until there is tracing",
        ["CustomRequestHeadersTest.RequestHeadersCanReferenceRouterSetHeaders#0"] = "Envoy's test sets the router's own headers by hand; an integration test has them set by the router",
    };

    // Refusals of Envoy's whose reason lies outside of a route table, or in what only its tests have.
    private static readonly Dictionary<string, string> NotRefused = new(StringComparer.Ordinal)
    {
        ["RouteConfigurationV2.BrokenTypedMetadata"] = "typed metadata exist in Envoy's tests only",
        ["PerFilterConfigsTest.DefaultFilterImplementationAnyWithCheckPerRoute"] = "the filter exists in Envoy's tests only",
        ["PerFilterConfigsTest.DefaultFilterImplementationAnyWithCheckPerVirtualHost"] = "the filter exists in Envoy's tests only",
    };

    public static IEnumerable<TestCaseData> Tables() => Read("cases.json", "id");

    public static IEnumerable<TestCaseData> Rejects() => Read("config_rejects.json", "test");

    [TestCaseSource(nameof(Tables))]
    public void Explain_EnvoysCase_GivesWhatEnvoyExpects(string json)
    {
        if (json.Length == 0)
            Assert.Ignore($"the folder shared/conformance/{Folder} is not beside the repository");
        using var document = JsonDocument.Parse(json);
        var test = document.RootElement;
        var id = test.GetProperty("id").GetString()!;
        if (NotSupported.TryGetValue(id, out var reason))
            Assert.Ignore(reason);
        var table = RouteTableFile.Read(ConformanceData.Find($"{Folder}/{test.GetProperty("route_config").GetString()}"));
        Assert.That(table.Errors, Is.Empty);

        var wrong = new List<string>();
        var number = 0;
        foreach (var item in test.GetProperty("cases").EnumerateArray())
        {
            foreach (var difference in Check(table, item))
                wrong.Add($"request {number}: {difference}");
            number++;
        }

        Assert.That(wrong, Is.Empty);
    }

    [TestCaseSource(nameof(Rejects))]
    public void Read_TableThatEnvoyRefuses_IsRefusedInItsWords(string json)
    {
        if (json.Length == 0)
            Assert.Ignore($"the folder shared/conformance/{Folder} is not beside the repository");
        using var document = JsonDocument.Parse(json);
        var test = document.RootElement;
        if (NotRefused.TryGetValue(test.GetProperty("test").GetString()!, out var reason))
            Assert.Ignore(reason);
        var table = RouteTableFile.Read(ConformanceData.Find($"{Folder}/{test.GetProperty("route_config").GetString()}"));
        Assert.That(table.Errors, Is.Not.Empty, test.GetProperty("error").GetString());

        // Where Envoy's message is its own and not protobuf's, ours is the same; unless the field as a whole is one that is not here yet.
        var expected = test.GetProperty("error").GetString()!;
        if (test.TryGetProperty("match", out _) || table.Errors.Any(e => e.Kind == ConfigErrorKind.NotSupported))
            return;
        Assert.That(table.Errors.Select(e => e.Message), Has.Some.EqualTo(expected));
    }

    private static List<string> Check(RouteTableFile table, JsonElement item)
    {
        var request = Headers(item.GetProperty("request_headers"));
        var response = item.TryGetProperty("response_headers_in", out var given) ? Headers(given) : new HeaderMap();
        var random = item.GetProperty("random_value").GetUInt64();
        var result = table.Explain(request, response, random, []);
        var differences = new List<string>();
        foreach (var expected in item.GetProperty("expect").EnumerateObject())
        {
            switch (expected.Name)
            {
                case "cluster":
                    Compare(result.Cluster, expected, differences);
                    break;
                case "virtual_host":
                    Compare(result.VirtualHost, expected, differences);
                    break;
                case "virtual_cluster":
                    Compare(result.VirtualCluster, expected, differences);
                    break;
                case "route_name":
                    Compare(result.RouteName, expected, differences);
                    break;
                case "redirect_location":
                    Compare(result.Location, expected, differences);
                    break;
                case "timeout_ms":
                    Compare((result.Timeout?.TotalMilliseconds ?? 0).ToString(CultureInfo.InvariantCulture), expected, differences);
                    break;
                case "retry_num_retries":
                    Compare(result.NumRetries.ToString(CultureInfo.InvariantCulture), expected, differences);
                    break;
                case "cluster_not_found_response_code" or "direct_response_code":
                    Compare(result.Status.ToString(CultureInfo.InvariantCulture), expected, differences);
                    break;
                case "no_route":
                    Compare(result.Outcome == RouteOutcome.NoRoute, expected, differences);
                    break;
                case "route_entry":
                    Compare(result.Outcome == RouteOutcome.Forward, expected, differences);
                    break;
                case "direct_response_entry":
                    Compare(result.Outcome is RouteOutcome.Redirect or RouteOutcome.DirectResponse, expected, differences);
                    break;
                case "upstream_request_header":
                    CompareHeaders(request, expected.Value, differences);
                    break;
                case "response_header":
                    CompareHeaders(response, expected.Value, differences);
                    break;
                case "upstream_request_header_present":
                    ComparePresence(request, expected.Value, differences);
                    break;
                case "response_header_present":
                    ComparePresence(response, expected.Value, differences);
                    break;
                default:
                    differences.Add($"the test does not know '{expected.Name}'");
                    break;
            }
        }

        return differences;
    }

    private static void Compare(string? actual, JsonProperty expected, List<string> differences)
    {
        if (actual != expected.Value.ToString())
            differences.Add($"{expected.Name} is '{actual}', not '{expected.Value}'");
    }

    private static void Compare(bool actual, JsonProperty expected, List<string> differences)
    {
        if (actual != expected.Value.GetBoolean())
            differences.Add($"{expected.Name} is {actual}");
    }

    private static void CompareHeaders(HeaderMap headers, JsonElement expected, List<string> differences)
    {
        foreach (var header in expected.EnumerateObject())
        {
            // Whether the original is kept is an argument in Envoy's tests, which is not in the data.
            if (header.Name.StartsWith("x-envoy-original-", StringComparison.Ordinal) && header.Value.GetString()!.Length == 0)
                continue;
            if ((headers.GetString(header.Name) ?? "") != header.Value.GetString())
                differences.Add($"{header.Name} is '{headers.GetString(header.Name)}', not '{header.Value}'");
        }
    }

    private static void ComparePresence(HeaderMap headers, JsonElement expected, List<string> differences)
    {
        foreach (var header in expected.EnumerateObject())
        {
            if (headers.GetString(header.Name) is not null != header.Value.GetBoolean())
                differences.Add($"{header.Name} is '{headers.GetString(header.Name)}'");
        }
    }

    private static HeaderMap Headers(JsonElement pairs)
    {
        var headers = new HeaderMap();
        foreach (var pair in pairs.EnumerateArray())
        {
            // Envoy's tests write a path of one space for a CONNECT request that has none.
            if (pair[0].GetString() == ":path" && pair[1].GetString() == " ")
                headers.AddUnchecked(HeaderId.Path, " "u8);
            else
                headers.Add(pair[0].GetString()!, pair[1].GetString()!);
        }

        return headers;
    }

    private static IEnumerable<TestCaseData> Read(string file, string name)
    {
        if (ConformanceData.TryFind($"{Folder}/{file}") is not { } path)
        {
            yield return new TestCaseData("").SetArgDisplayNames("none");
            yield break;
        }

        using var document = JsonDocument.Parse(File.ReadAllText(path));
        var line = 0;
        foreach (var item in document.RootElement.EnumerateArray())
            yield return new TestCaseData(item.GetRawText()).SetArgDisplayNames($"{item.GetProperty(name).GetString()} {line++}");
    }
}
