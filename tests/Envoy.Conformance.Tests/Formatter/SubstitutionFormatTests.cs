using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Http.Headers;

namespace Envoy.Conformance.Tests.Formatter;

/// <summary>The cases of Envoy's unit tests of its formatter, and of its custom header values.</summary>
[TestFixture]
internal sealed class SubstitutionFormatTests
{
    // Operators that are read but have no value yet: only their absence can be checked.
    private static readonly string[] WithoutValues = ["_METADATA(", "FILTER_STATE("];

    public static IEnumerable<TestCaseData> FormatCases() => Read("substitution_format.json", "test", "line");

    public static IEnumerable<TestCaseData> HeaderCases() => Read("header_format.json", "input", "translate");

    [Test]
    public void TryCompile_EveryOperatorOfTheDocumentation_IsKnown()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(ConformanceData.Find("formatter/operators.json")));
        var unknown = new List<string>();
        foreach (var line in document.RootElement.GetProperty("operators").EnumerateArray())
        {
            foreach (var text in line.GetString()!.Split('/'))
            {
                // X, Y and the like stand for parameters, which an operator may need.
                var name = text.Trim('%').Split('(', ':')[0];
                string[] attempts = [$"%{name}%", $"%{name}(x)%", $"%{name}(DS_RX_BEG:DS_TX_END:ms)%"];
                if (!attempts.Any(a => SubstitutionFormat.TryCompile(a, omitEmpty: false, out _) is not null))
                    unknown.Add(name);
            }
        }

        Assert.That(unknown, Is.Empty);
        Assert.That(SubstitutionFormat.TryCompile(document.RootElement.GetProperty("default_format").GetString()!, omitEmpty: false, out var error), Is.Not.Null, error);
    }

    [TestCaseSource(nameof(FormatCases))]
    public void Write_EnvoysCase_GivesWhatEnvoyWrites(string json)
    {
        if (json.Length == 0)
            Assert.Ignore("the folder shared/conformance/formatter is not beside the repository");
        using var document = JsonDocument.Parse(json);
        var test = document.RootElement;
        if (!test.GetProperty("machine_usable").GetBoolean())
            Assert.Ignore("its set-up is C++ that the data do not hold");
        if (test.TryGetProperty("json_format", out var jsonFormat))
        {
            CheckJson(test, jsonFormat);
            return;
        }

        var text = test.GetProperty("format").GetString()!;
        if (text.Contains('\n', StringComparison.Ordinal) && text.Contains("downstream_", StringComparison.Ordinal))
            Assert.Ignore("the data hold a piece of C++ instead of a format");
        var omitEmpty = test.TryGetProperty("omit_empty_values", out var omit) && omit.GetBoolean();
        var format = SubstitutionFormat.TryCompile(text, omitEmpty, out var error);
        if (test.TryGetProperty("error", out var expectedError))
        {
            Assert.That(format, Is.Null);
            if (expectedError.GetString()!.Length > 0)
                Assert.That(error, Is.EqualTo(expectedError.GetString()));
            return;
        }

        Assert.That(format, Is.Not.Null, error);
        if (test.TryGetProperty("parses", out _))
            return;
        var typed = test.TryGetProperty("expected_value", out var expected);
        if (!typed)
            expected = test.GetProperty("expected");
        if (expected.ValueKind != JsonValueKind.Null && WithoutValues.Any(o => text.Contains(o, StringComparison.Ordinal)))
            Assert.Ignore("the operator has no value yet");
        if (text.Contains("GRPC_STATUS", StringComparison.Ordinal) && expected.ValueKind != JsonValueKind.Null && !json.Contains("\"grpc-status\"", StringComparison.Ordinal))
            Assert.Ignore("the status that Envoy's test sets is not in the data");
        if (json.Contains("\"e[0;34m", StringComparison.Ordinal))
            Assert.Ignore("the escape character of the name that Envoy's test sets is not in the data");
        var context = ContextOf(test);
        var sink = new ByteSink();
        var written = true;
        if (test.GetProperty("single_command").GetBoolean() && format!.Lone is { } lone)
        {
            written = lone.Write(context, sink);
            if (typed && expected.ValueKind != JsonValueKind.Null)
                Assert.That(lone.Kind, Is.EqualTo(expected.ValueKind == JsonValueKind.Number ? FormatKind.Number : FormatKind.Text));
        }
        else
        {
            format!.Write(context, sink);
        }

        var actual = written ? Encoding.UTF8.GetString(sink.Written) : null;
        if (expected.ValueKind == JsonValueKind.Number)
            Assert.That(double.Parse(actual!, CultureInfo.InvariantCulture), Is.EqualTo(expected.GetDouble()));
        else
            Assert.That(actual, Is.EqualTo(expected.GetString()));
    }

    [TestCaseSource(nameof(HeaderCases))]
    public void TryCompile_EnvoysHeaderValue_GivesWhatEnvoyAdds(string json)
    {
        if (json.Length == 0)
            Assert.Ignore("the folder shared/conformance/formatter is not beside the repository");
        using var document = JsonDocument.Parse(json);
        var test = document.RootElement;
        if (test.TryGetProperty("translate", out var translate))
        {
            Assert.That(HeaderFormat.Translate(translate.GetString()!), Is.EqualTo(test.GetProperty("expected").GetString()));
            return;
        }

        var input = test.GetProperty("input").GetString()!;
        var format = HeaderFormat.TryCompile(input, out var error);
        if (test.TryGetProperty("error", out _))
        {
            Assert.That(format, Is.Null);
            return;
        }

        Assert.That(format, Is.Not.Null, error);
        if (input.Contains("METADATA", StringComparison.Ordinal) || input.Contains("PER_REQUEST_STATE", StringComparison.Ordinal))
            Assert.Ignore("the operator has no value yet");
        var sink = new ByteSink();
        format!.Write(HeaderEnvironment(), sink);
        Assert.That(Encoding.UTF8.GetString(sink.Written), Is.EqualTo(test.GetProperty("expected").GetString() ?? ""));
    }

    private static void CheckJson(JsonElement test, JsonElement jsonFormat)
    {
        var context = new Envoy.Extensions.ConfigReadContext(Envoy.Filters.StandardExtensions.Catalogue);
        var node = Envoy.Config.Documents.DocumentReader.Read(jsonFormat.GetString()!, "format.yaml", context)!;
        Assert.That(SubstitutionFormatReader.ReadJson(node, context, out var template), Is.True);
        if (WithoutValues.Any(o => template.Contains(o, StringComparison.Ordinal)))
            Assert.Ignore("the operator has no value yet");
        var format = JsonFormat.TryCompile(template, test.GetProperty("omit_empty_values").GetBoolean(), out var error);
        Assert.That(format, Is.Not.Null, error);
        var sink = new ByteSink();
        format!.Write(ContextOf(test), sink);
        using var actual = JsonDocument.Parse(sink.Written.ToArray());
        using var expected = JsonDocument.Parse(test.GetProperty("expected").GetString()!);
        Assert.That(JsonElement.DeepEquals(actual.RootElement, expected.RootElement), Is.True, Encoding.UTF8.GetString(sink.Written));
    }

    private static FormatContext HeaderEnvironment()
    {
        var context = new FormatContext { RequestHeaders = new HeaderMap() };
        context.RequestHeaders.Add("x-request-id", "123");
        var info = Defaults(context.Info);
        info.Protocol = "HTTP/1.1";
        info.RequestedServerName = "foo.bar";
        info.VirtualClusterName = "authN";
        info.UpstreamRemoteAddress = new IPEndPoint(IPAddress.Parse("10.0.0.1"), 443);
        info.UpstreamLocalAddress = new IPEndPoint(IPAddress.Parse("127.0.0.3"), 8443);
        info.StartTime = DateTimeOffset.Parse("2018-04-03T23:06:09.123Z", CultureInfo.InvariantCulture);
        info.AddFlag(ResponseFlags.LocalReset);
        info.ResponseCodeDetails = "via_upstream";
        return context;
    }

    private static FormatContext ContextOf(JsonElement test)
    {
        var context = new FormatContext { RequestHeaders = Headers(test, "request_headers"), ResponseHeaders = Headers(test, "response_headers"), ResponseTrailers = Headers(test, "response_trailers") };
        var info = Defaults(context.Info);
        if (!test.TryGetProperty("request_info", out var given))
            return context;
        info.UpstreamRemoteAddress = new IPEndPoint(IPAddress.Parse("10.0.0.1"), 443);
        foreach (var property in given.EnumerateObject())
            Set(info, property.Name, property.Value);
        return context;
    }

    // What the mock of Envoy's tests holds where a case says nothing.
    private static StreamInfo Defaults(StreamInfo info)
    {
        info.DownstreamRemoteAddress = new IPEndPoint(IPAddress.Loopback, 0);
        info.DownstreamDirectRemoteAddress = new IPEndPoint(IPAddress.Parse("127.0.0.3"), 63443);
        info.DownstreamLocalAddress = info.DownstreamDirectLocalAddress = new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0);
        return info;
    }

    private static void Set(StreamInfo info, string name, JsonElement value)
    {
        switch (name)
        {
            case "downstream_tls":
                info.DownstreamTls = FormatterTls.Read(value);
                break;
            case "upstream_tls":
                info.UpstreamTls = FormatterTls.Read(value);
                break;
            case "timing_ns":
                foreach (var moment in value.EnumerateObject())
                    SetTime(ref info.Times, moment.Name, moment.Value.GetInt64() + 1);
                break;
            case "bytes_retransmitted":
                info.BytesRetransmitted = value.GetUInt64();
                break;
            case "packets_retransmitted":
                info.PacketsRetransmitted = value.GetUInt64();
                break;
            case "bytes_received":
                info.BytesReceived = value.GetInt64();
                break;
            case "bytes_sent":
                info.BytesSent = value.GetInt64();
                break;
            case "protocol":
                info.Protocol = value.GetString();
                break;
            case "attempt_count":
                info.AttemptCount = value.ValueKind == JsonValueKind.Null ? 0 : value.GetInt32();
                break;
            case "response_code":
                info.ResponseCode = value.ValueKind == JsonValueKind.Null ? 0 : value.GetInt32();
                break;
            case "response_code_details":
                info.ResponseCodeDetails = value.GetString();
                break;
            case "connection_termination_details":
                info.ConnectionTerminationDetails = value.GetString();
                break;
            case "response_flags":
                foreach (var flag in value.EnumerateArray())
                {
                    if (Enum.TryParse<ResponseFlags>(flag.GetString(), out var known))
                        info.AddFlag(known);
                }

                break;
            case "upstream_local_address":
                info.UpstreamLocalAddress = Address(value);
                break;
            case "upstream_remote_address":
                info.UpstreamRemoteAddress = Address(value);
                break;
            case "downstream_local_address":
                info.DownstreamLocalAddress = Address(value);
                break;
            case "upstream_host_name":
                info.UpstreamHostName = value.GetString();
                break;
            case "upstream_cluster_info" when value.ValueKind == JsonValueKind.Object:
                if (value.TryGetProperty("observabilityName", out var stat))
                    info.UpstreamClusterStatName = stat.GetString();
                if (value.TryGetProperty("name", out var raw))
                    info.UpstreamCluster = raw.GetString();
                break;
            case "downstream_requested_server_name":
                info.RequestedServerName = value.GetString();
                break;
            case "upstream_transport_failure_reason":
                info.UpstreamTransportFailureReason = value.GetString();
                break;
            case "virtual_cluster_name":
                info.VirtualClusterName = value.GetString();
                break;
            case "start_time":
                info.StartTime = DateTimeOffset.UnixEpoch.AddTicks(value.GetProperty("epoch_us").GetInt64() * 10);
                break;
            case "upstream_info" when value.ValueKind == JsonValueKind.Null:
                info.UpstreamRemoteAddress = info.UpstreamLocalAddress = null;
                break;
        }
    }

    private static void SetTime(ref StreamTimes times, string name, long moment)
    {
        switch (name)
        {
            case "onLastDownstreamRxByteReceived":
                times.LastDownstreamRx = moment;
                break;
            case "onLastUpstreamTxByteSent":
                times.LastUpstreamTx = moment;
                break;
            case "onFirstUpstreamTxByteSent":
                times.FirstUpstreamTx = moment;
                break;
            case "onFirstUpstreamRxByteReceived":
                times.FirstUpstreamRx = moment;
                break;
            case "onLastUpstreamRxByteReceived":
                times.LastUpstreamRx = moment;
                break;
            case "onFirstDownstreamTxByteSent":
                times.FirstDownstreamTx = moment;
                break;
            case "onLastDownstreamTxByteSent":
                times.LastDownstreamTx = moment;
                break;
            case "onDownstreamHandshakeComplete":
                times.DownstreamHandshakeEnd = moment;
                break;
            case "onLastDownstreamAckReceived":
                times.LastDownstreamAck = moment;
                break;
            default:
                Assert.Fail($"the test does not know the moment '{name}'");
                break;
        }
    }

    private static EndPoint? Address(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
            return null;
        var text = value.GetString()!;
        return text.StartsWith('/') ? new System.Net.Sockets.UnixDomainSocketEndPoint(text) : IPEndPoint.Parse(text);
    }

    private static HeaderMap Headers(JsonElement test, string name)
    {
        var headers = new HeaderMap();
        if (test.TryGetProperty(name, out var list))
        {
            foreach (var pair in list.EnumerateArray())
                headers.Add(pair[0].GetString()!, pair[1].GetString()!);
        }

        return headers;
    }

    private static IEnumerable<TestCaseData> Read(string file, string name, string otherName)
    {
        if (ConformanceData.TryFind("formatter/" + file) is not { } path)
        {
            yield return new TestCaseData("").SetArgDisplayNames("none");
            yield break;
        }

        using var document = JsonDocument.Parse(File.ReadAllText(path));
        var number = 0;
        foreach (var item in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            var label = item.TryGetProperty(name, out var first) ? first.ToString() : item.GetProperty(otherName).ToString();
            yield return new TestCaseData(item.GetRawText()).SetArgDisplayNames($"{number++} {label.Replace('\n', ' ').Replace('\0', ' ').Replace('\r', ' ')}");
        }
    }
}
