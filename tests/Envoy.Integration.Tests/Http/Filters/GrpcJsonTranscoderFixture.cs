using Envoy.Clusters;
using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Filters.Http.GrpcJsonTranscoder;
using Envoy.Integration.Tests.Support;
using Envoy.Protos;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>A proxy with the transcoder before a gRPC server.</summary>
public abstract class GrpcJsonTranscoderFixture(EngineKind engine) : HttpFixture(engine)
{
    protected const string Name = "envoy.filters.http.grpc_json_transcoder";

    protected static GrpcJsonTranscoderOptions Shop { get; } = new() { ProtoDescriptor = ValueList.From(DescriptorSets.All), Services = ["envoy.test.Shop"] };

    protected Task<TestProxy> Start(FakeUpstream upstream, GrpcJsonTranscoderOptions? options = null, Func<TestProxyOptions, TestProxyOptions>? change = null)
    {
        var made = Options with
        {
            ConfigureCluster = c => c with { HttpProtocol = UpstreamHttpProtocol.Http2 },
            ConfigureHttp = h => h with { HttpFilters = [new HttpFilterConfig(Name, options ?? Shop), .. h.HttpFilters] },
        };
        return TestProxy.ForwardTo(upstream, change?.Invoke(made) ?? made);
    }

    protected static string Post(string path, string body) => $"POST {path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {System.Text.Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    protected static string GetOf(string path) => $"GET {path} HTTP/1.1\r\nhost: test\r\n\r\n";

    /// <summary>Nothing is kept of any request or response.</summary>
    protected static async Task AssertNothingKept(TestProxy proxy)
    {
        await AssertQuiet(proxy);
        await proxy.WaitForAsync("http.ingress.transcoder_request_buffer_bytes", v => v == 0);
        await proxy.WaitForAsync("http.ingress.transcoder_response_buffer_bytes", v => v == 0);
    }
}
