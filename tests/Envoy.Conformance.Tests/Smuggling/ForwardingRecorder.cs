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
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly FakeUpstream _upstream = new();
    private TestProxy _proxy = null!;

    private ForwardingRecorder() => _upstream.OnConnection(AnswerAsync);

    public static async Task<ForwardingRecorder> StartAsync()
    {
        var recorder = new ForwardingRecorder();
        recorder._proxy = await TestProxy.ForwardTo(recorder._upstream, new TestProxyOptions
        {
            // As open as it can be made: what would be refused cannot be misunderstood.
            ConfigureHttp = h => h with { AcceptHttp10 = true, DefaultHostForHttp10 = "default", EnableTrailers = true, Proxy100Continue = false, GenerateRequestId = false },
        });
        return recorder;
    }

    /// <summary>
    /// The requests that were sent on because of these bytes. More of them than our own reading finds whole, or anything that it would
    /// refuse, is a failure: it is told and the rest goes on.
    /// </summary>
    public async Task<(IReadOnlyList<ForwardedRequest> Requests, IReadOnlyList<string> Faults)> SendAsync(IReadOnlyList<byte[]> steps)
    {
        var complete = Http1Run.Of([.. steps.SelectMany(s => s)], isResponse: false);
        var whole = complete.Messages.Count - (complete.IsTruncated ? 1 : 0);
        using (var client = await _proxy.ConnectAsync())
        {
            try
            {
                foreach (var step in steps)
                    await client.SendAsync(step);
                // Whoever hangs up before the answer takes the request with him.
                for (var i = 0; i < whole; i++)
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
        var requests = Take(_seen);
        if (requests.Count > whole)
            _faults.Enqueue($"{requests.Count} whole requests were sent on, of {whole} that there are");
        return (requests, Take(_faults));
    }

    /// <summary>Ends the proxy; what it had sent on and nobody has waited for is a failure of one of the last cases.</summary>
    public async Task<IReadOnlyList<string>> FinishAsync()
    {
        await _proxy.DisposeAsync();
        if (_upstream.Connections.Count > 0)
            await _upstream.EndedAsync(_upstream.Connections.Count);
        return [.. Take(_faults), .. Take(_seen).Select(r => "sent on late: " + r.Seen)];
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    private static List<T> Take<T>(ConcurrentQueue<T> queue)
    {
        var taken = new List<T>();
        while (queue.TryDequeue(out var item))
            taken.Add(item);
        return taken;
    }

    // An assertion on a connection's own task would fail nothing: what is wrong is kept for the test.
    private async Task AnswerAsync(FakeConnection connection)
    {
        try
        {
            await RecordAsync(connection);
        }
        catch (Exception e) when (e is not IOException)
        {
            _faults.Enqueue(e.ToString());
        }
    }

    private async Task RecordAsync(FakeConnection connection)
    {
        var decoder = new Http1RequestDecoder(Http1CodecOptions.Request with { AllowCustomMethods = true, EnableTrailers = true, MaxHeadersBytes = 1 << 20, MaxHeadersCount = 1000 });
        var headers = new HeaderMap();
        decoder.Start(headers, new HeaderMap());
        var bytes = new List<byte>();
        var body = new List<byte>();
        var buffer = new byte[16 * 1024];
        while (await connection.ReadAsync(buffer) is > 0 and var n)
        {
            bytes.AddRange(buffer.AsSpan(0, n));
            for (var rest = buffer.AsMemory(0, n); ;)
            {
                var step = decoder.Next(rest.Span, out var consumed, out var offset, out var length);
                body.AddRange(rest.Span.Slice(offset, length));
                rest = rest[consumed..];
                if (step == Http1Step.Error)
                {
                    _faults.Enqueue($"sent on what would be refused: {Encoding.Latin1.GetString(bytes.ToArray())}");
                    return;
                }

                if (step == Http1Step.MessageComplete)
                {
                    if (rest.Length > 0)
                        _faults.Enqueue($"bytes behind the request: {Encoding.Latin1.GetString(bytes.ToArray())}");
                    _seen.Enqueue(new ForwardedRequest([.. bytes], headers.GetString(HeaderId.Method)!, headers.GetString(HeaderId.Path)!, [.. body]));
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
