using System.Net;
using System.Text;
using System.Text.Json;
using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Fuzz.Engine;
using Envoy.Http.Headers;

namespace Envoy.Fuzz.Targets;

/// <summary>
/// Formats of access logs, headers and JSON: they compile or say why not, write the same twice, and JSON stays JSON whatever the peers put
/// into it. Used by one thread.
/// </summary>
internal sealed class FormatTarget : IFuzzTarget
{
    private readonly ByteSink _first = new();
    private readonly ByteSink _second = new();
    private readonly FormatContext _context = new() { RequestHeaders = new HeaderMap(), ResponseHeaders = new HeaderMap(), ResponseTrailers = new HeaderMap(), Clock = new StandingClock() };

    public FormatTarget()
    {
        var request = _context.RequestHeaders!;
        request.Add(HeaderId.Method, "GET"u8);
        request.Add(HeaderId.Path, "/p\"ath%20x?a=b&c=\\d&e=%ff"u8);
        request.Add(HeaderId.Authority, "host.test:80"u8);
        request.Add("x", "quote\" back\\slash \u00e9 \u2028");
        request.Add("cookie"u8, "a=1; b=\"2\""u8);
        request.Add("bad"u8, [0xff, 0xc3, (byte)'"', 0x01, 0xed, 0xa0, 0x80]);
        _context.ResponseHeaders!.Add(HeaderId.Status, "200"u8);
        _context.ResponseTrailers!.Add("grpc-status"u8, "5"u8);
        var info = _context.Info;
        info.StartTime = DateTimeOffset.UnixEpoch.AddTicks(17_000_000_123_456_789);
        info.ResponseCode = 200;
        info.Protocol = "HTTP/1.1";
        info.ResponseCodeDetails = "via_upstream";
        info.AddFlag(ResponseFlags.NoRouteFound);
        info.UpstreamRemoteAddress = new IPEndPoint(IPAddress.Parse("2001:db8::1"), 443);
        info.DownstreamRemoteAddress = info.DownstreamDirectRemoteAddress = new IPEndPoint(IPAddress.Parse("10.1.2.3"), 50000);
    }

    public string Name => "format";

    public IReadOnlyList<byte[]> Seeds { get; } = [.. Corpus.Bytes(
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %DURATION%\n",
        "%START_TIME(%Y/%m/%dT%H:%M:%S%z %s %3f %9f)% %EMIT_TIME(%s.%6f)% %COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%",
        "{\"a\":\"%REQ(x)%\",\"b\":{\"c\":\"%RESPONSE_CODE%\",\"d\":[\"%REQ(bad):3%\",1,null,\"t%%\"]}}",
        "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %UPSTREAM_HOST% %TRAILER(grpc-status)% %GRPC_STATUS(SNAKE_STRING)% %RESP(x?y):5% %QUERY_PARAM(a)% %PATH(NQ)% %COOKIE(a)%",
        "%DYNAMIC_METADATA([\"a\", \"b\"])% %PER_REQUEST_STATE(x)% %FILTER_STATE(a:PLAIN)% %ENVIRONMENT(HOME):4% %HOSTNAME% %UNIQUE_ID%"),
        .. Corpus.Files("http1/envoy-fuzz-corpora/common_formatter_substitution_formatter_corpus", 1000)];

    public IReadOnlyList<byte[]> Words { get; } = Corpus.Bytes(
        "%", "%%", "(", ")", ")%", ":", ":3%", ":99999999999%", "?", "%REQ(", "%RESP(", "%TRAILER(", "%START_TIME(", "%Y", "%1f", "%9f", "%E3S", "%Ez", "%j", "%n", "%-d", "%RESPONSE_CODE%", "%REQ(bad)%", "%REQ(x):2%",
        "%REQ_WITHOUT_QUERY(", "%COMMON_DURATION(", "DS_RX_BEG", "US_RX_END", ":ns", "%GRPC_STATUS%", "%PATH(", "%QUERY_PARAM(", "%METADATA(", "{\"a\":\"", "\"}", "\\\"", "\\u0000", "\\ud800", "[\"", "null", "\n", "é");

    public int MostBytes => 600;

    public ulong Run(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input);
        var format = SubstitutionFormat.TryCompile(text, omitEmpty: false, out var error);
        FuzzFailure.Unless(format is null == error.Length > 0, "an error, or a format, and not one of them");
        var way = (ulong)error.Length;
        if (format is not null)
        {
            Write(format.Write);
            way ^= (ulong)_first.Length << 32;
            if (format.IsConstant)
                FuzzFailure.Unless(Encoding.UTF8.GetString(_first.Written) == text.Replace("%%", "%", StringComparison.Ordinal), "constant text is written otherwise");
        }

        var header = HeaderFormat.TryCompile(text, out error);
        FuzzFailure.Unless(header is null == error.Length > 0, "an error, or a header, and not one of them");
        if (header is not null)
            Write(header.Write);
        way = (way ^ RunJson(text)) * 1099511628211;
        return way;
    }

    private ulong RunJson(string text)
    {
        var json = JsonFormat.TryCompile(text, omitEmpty: false, out var error);
        FuzzFailure.Unless(json is null == error.Length > 0, "an error, or JSON, and not one of them");
        if (json is null)
            return 1;
        Write(json.Write);
        try
        {
            using var document = JsonDocument.Parse(_first.Written.ToArray());
            return 2 + (ulong)document.RootElement.ValueKind + ((ulong)_first.Length << 8);
        }
        catch (JsonException e)
        {
            throw new FuzzFailure($"what is written is no JSON: {e.Message} {Encoding.UTF8.GetString(_first.Written)}");
        }
    }

    private void Write(Action<FormatContext, ByteSink> write)
    {
        // The same twice, also where the format draws numbers.
        _first.Clear();
        _second.Clear();
        _context.Random = new Random(1);
        write(_context, _first);
        _context.Random = new Random(1);
        write(_context, _second);
        FuzzFailure.Unless(_first.Written.SequenceEqual(_second.Written), "written again it is another text");
    }

    private sealed class StandingClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(17_000_000_987_654_321);
    }
}
