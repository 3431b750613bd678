using BenchmarkDotNet.Attributes;
using Envoy.Http.Headers;
using Envoy.Http.Http1;

namespace Envoy.Benchmarks;

/// <summary>HTTP/1 heads: bytes to a header map, and back.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks
{
    private readonly Http1RequestDecoder _requests = new(Http1CodecOptions.Request);
    private readonly Http1ResponseDecoder _responses = new(Http1CodecOptions.Response);
    private readonly HeaderMap _headers = new();
    private readonly HeaderMap _trailers = new();
    private readonly HeaderMap _toWrite = new();
    private readonly byte[] _output = new byte[4096];

    [GlobalSetup]
    public void SetUp()
    {
        _requests.Start(_toWrite, _trailers);
        Read(_requests, Messages.BrowserRequest);
    }

    [Benchmark]
    public int ReadBrowserRequest()
    {
        _requests.Start(_headers, _trailers);
        return Read(_requests, Messages.BrowserRequest);
    }

    [Benchmark]
    public int ReadShortRequest()
    {
        _requests.Start(_headers, _trailers);
        return Read(_requests, Messages.ShortRequest);
    }

    [Benchmark]
    public int ReadResponse()
    {
        _responses.Start(_headers, _trailers, default);
        return Read(_responses, Messages.Response);
    }

    [Benchmark]
    public int WriteRequest() => Http1Encoder.WriteRequestHead(_toWrite, Http1BodyFraming.None, _output);

    private static int Read(Http1Decoder decoder, ReadOnlySpan<byte> input)
    {
        var steps = 0;
        while (true)
        {
            var step = decoder.Next(input, out var consumed, out _, out _);
            input = input[consumed..];
            steps++;
            if (step == Http1Step.MessageComplete)
                return steps;
            if (step is Http1Step.Error or Http1Step.NeedMore)
                throw new InvalidOperationException($"{step} {decoder.Error}");
        }
    }
}
