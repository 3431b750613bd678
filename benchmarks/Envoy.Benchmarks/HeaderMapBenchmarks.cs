using BenchmarkDotNet.Attributes;
using Envoy.Http.Headers;

namespace Envoy.Benchmarks;

/// <summary>What filters and the router do to a request's headers.</summary>
[MemoryDiagnoser]
public class HeaderMapBenchmarks
{
    private readonly HeaderMap _headers = new();

    [Benchmark]
    public int FillAndClear()
    {
        _headers.Clear();
        _headers.Add(HeaderId.Method, "GET"u8);
        _headers.Add(HeaderId.Path, "/articles"u8);
        _headers.Add(HeaderId.Authority, "www.ik8s.io"u8);
        _headers.Add("user-agent"u8, "curl/8"u8);
        _headers.Add("accept"u8, "*/*"u8);
        _headers.Add("x-one-of-ours"u8, "1"u8);
        _headers.Set(HeaderId.XRequestId, "b5d5fe5c-2d6c-4a0e-9d6b-1c2d3e4f5a6b"u8);
        return _headers.Count;
    }

    [GlobalSetup(Targets = [nameof(FindById), nameof(FindByName)])]
    public void SetUp() => FillAndClear();

    [Benchmark]
    public int FindById() => _headers.Get(HeaderId.Path).Length;

    [Benchmark]
    public bool FindByName() => _headers.Contains("x-one-of-ours"u8);

    [Benchmark]
    public bool FillAndRewrite()
    {
        _ = FillAndClear();
        _headers.Set(HeaderId.XForwardedProto, "http"u8);
        return _headers.Remove(HeaderId.XForwardedProto);
    }
}
