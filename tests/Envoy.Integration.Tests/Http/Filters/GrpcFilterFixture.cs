using Envoy.Clusters;
using Envoy.Integration.Tests.Http2;
using Envoy.Runtime;
using Envoy.Testing;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>A proxy with filters for gRPC before a gRPC server, or one that is none.</summary>
public abstract class GrpcFilterFixture(EngineKind engine) : FilterFixture(engine)
{
    protected TestProxyOptions OverHttp2 => Options with { ConfigureCluster = c => c with { HttpProtocol = UpstreamHttpProtocol.Http2 } };

    protected static byte[] Message(string text) => GrpcExchange.Frame(new StringValue { Value = text }.ToByteArray());

    protected static byte[] Post(string type, byte[] body, string more = "", string path = "/pkg.Service/Method") =>
        [.. System.Text.Encoding.Latin1.GetBytes($"POST {path} HTTP/1.1\r\nhost: test\r\ncontent-type: {type}\r\n{more}content-length: {body.Length}\r\n\r\n"), .. body];

    /// <summary>A call over HTTP/2.</summary>
    internal static async Task CallAsync(Http2Client client, uint stream, byte[] body, string type = "application/grpc", params (string Name, string Value)[] more) => await client.SendAsync(
        client.Headers(stream, false, [(":method", "POST"), (":scheme", "http"), (":path", "/pkg.Service/Method"), (":authority", "test"), ("content-type", type), ("te", "trailers"), .. more]),
        Http2Client.Data(stream, System.Text.Encoding.Latin1.GetString(body), end: true));

    /// <summary>A server that says back what it is told.</summary>
    internal static FakeUpstream Echo(int status = 0, string message = "") => GrpcExchange.Serve(async c =>
    {
        var messages = await c.AllAsync<StringValue>();
        if (c.WasReset)
            return;
        await c.StartAsync();
        await c.SendAsync([.. messages]);
        await c.EndAsync(status, message.Length == 0 ? [] : [("grpc-message", message)]);
    });
}
