using BenchmarkDotNet.Attributes;
using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Hpack;

namespace Envoy.Benchmarks;

/// <summary>A browser's request as a header block: a first one, with names and values, and one after others like it, of indexes.</summary>
[MemoryDiagnoser]
public class HpackBenchmarks
{
    private readonly HeaderMap _request = new();
    private readonly ByteSink _sink = new();
    private readonly HpackEncoder _warm = new();
    private readonly HpackDecoder _decoder = new();
    private byte[] _first = [];
    private byte[] _next = [];

    [GlobalSetup]
    public void SetUp()
    {
        _request.Add(HeaderId.Method, "GET"u8);
        _request.Add(HeaderId.Scheme, "https"u8);
        _request.Add(HeaderId.Authority, "www.example.com"u8);
        _request.Add(HeaderId.Path, "/articles/2026/11?page=2"u8);
        _request.Add(HeaderId.UserAgent, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"u8);
        _request.Add(HeaderId.Accept, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"u8);
        _request.Add(HeaderId.AcceptLanguage, "en-US,en;q=0.5"u8);
        _request.Add(HeaderId.AcceptEncoding, "gzip, deflate, br, zstd"u8);
        _request.Add(HeaderId.Cookie, "session=0123456789abcdef0123456789abcdef; theme=dark"u8);
        Write(_warm);
        _first = _sink.Written.ToArray();
        Write(_warm);
        _next = _sink.Written.ToArray();
        _ = Read(_first);
    }

    [Benchmark]
    public int EncodeKnown()
    {
        Write(_warm);
        return _sink.Length;
    }

    [Benchmark]
    public int DecodeKnown() => Read(_next);

    [Benchmark]
    public int DecodeLiterals() => Read(_first);

    private void Write(HpackEncoder encoder)
    {
        _sink.Clear();
        encoder.BeginBlock(_sink);
        foreach (var field in _request)
            encoder.Write(field.Id, field.Name, field.Value, neverIndexed: false, _sink);
    }

    private int Read(ReadOnlySpan<byte> block)
    {
        var fields = 0;
        _decoder.BeginBlock();
        while (_decoder.Next(ref block, out _) == HpackStep.Field)
            fields++;
        return fields;
    }
}
