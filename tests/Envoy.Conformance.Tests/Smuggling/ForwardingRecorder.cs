using System.Collections.Concurrent;
using System.Text;
using Envoy.Conformance.Tests.Http1;
using Envoy.Http.Headers;
using Envoy.Http.Http1;
using Envoy.Testing;

namespace Envoy.Conformance.Tests.Smuggling;

/// <summary>Sends bytes through a proxy and keeps what comes out behind it, byte for byte: one request a connection.</summary>
internal sealed class ForwardingRecorder : IAsyncDisposable
{
    private readonly ConcurrentQueue<ForwardedRequest> _seen = new();
    private readonly FakeUpstream _upstream;
    private readonly TestProxy _proxy;

    private ForwardingRecorder(FakeUpstream upstream, TestProxy proxy, ConcurrentQueue<ForwardedRequest> seen)
    {
        _upstream = upstream;
        _proxy = proxy;
        _seen = seen;
    }

    public static async Task<ForwardingRecorder> StartAsync()
    {
        var seen = new ConcurrentQueue<ForwardedRequest>();
        var upstream = new FakeUpstream().OnConnection(c => AnswerAsync(c, seen));
        var proxy = await TestProxy.ForwardTo(upstream, new TestProxyOptions
        {
            // As open as it can be made: what would be refused cannot be misunderstood.
            ConfigureHttp = h => h with { AcceptHttp10 = true, DefaultHostForHttp10 = "default", EnableTrailers = true, Proxy100Continue = false, GenerateRequestId = false },
        });
        return new ForwardingRecorder(upstream, proxy, seen);
    }

    /// <summary>The requests that were sent on because of these bytes.</summary>
    public async Task<IReadOnlyList<ForwardedRequest>> SendAsync(IReadOnlyList<byte[]> steps)
    {
        _seen.Clear();
        var complete = Http1Run.Of([.. steps.SelectMany(s => s)], isResponse: false);
        using (var client = await _proxy.ConnectAsync())
        {
            try
            {
                foreach (var step in steps)
                    await client.SendAsync(step);
                // Whoever hangs up before the answer takes the request with him.
                for (var i = 0; i < complete.Messages.Count - (complete.IsTruncated ? 1 : 0); i++)
                {
                    while ((await client.ReadResponseAsync(toHead: complete.Messages[i].Method == "HEAD")).Status < 200)
                    {
                    }
                }

                client.ShutdownSend();
                await client.ReadToEndAsync();
            }
            catch (IOException)
            {
                // It has been answered and closed already.
            }
        }

        await _proxy.WaitForAsync("http.ingress.downstream_cx_active", v => v == 0);
        await _proxy.WaitForAsync("cluster.upstream.upstream_rq_active", v => v == 0);
        return [.. _seen];
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    private static async Task AnswerAsync(FakeConnection connection, ConcurrentQueue<ForwardedRequest> seen)
    {
        var decoder = new Http1RequestDecoder(Http1CodecOptions.Request with { AllowCustomMethods = true, EnableTrailers = true, MaxHeadersBytes = 1 << 20, MaxHeadersCount = 1000 });
        var headers = new HeaderMap();
        decoder.Start(headers, new HeaderMap());
        var bytes = new List<byte>();
        var buffer = new byte[16 * 1024];
        var body = 0;
        while (await connection.ReadAsync(buffer) is > 0 and var n)
        {
            bytes.AddRange(buffer.AsSpan(0, n));
            for (var rest = buffer.AsMemory(0, n); ;)
            {
                var step = decoder.Next(rest.Span, out var consumed, out _, out var length);
                rest = rest[consumed..];
                body += length;
                if (step == Http1Step.Error)
                    throw new InvalidOperationException($"The proxy sent on what it would refuse itself: {Encoding.Latin1.GetString(bytes.ToArray())}");
                if (step == Http1Step.MessageComplete)
                {
                    Assert.That(rest.Length, Is.Zero, "one request a connection");
                    seen.Enqueue(new ForwardedRequest([.. bytes], headers.GetString(HeaderId.Method)!, headers.GetString(HeaderId.Path)!, body));
                    await connection.SendAsync("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok");
                    connection.Close();
                    return;
                }

                if (step == Http1Step.NeedMore)
                    break;
            }
        }
    }
}
