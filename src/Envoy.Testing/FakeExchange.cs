using System.Globalization;
using System.Text;

namespace Envoy.Testing;

/// <summary>What a <see cref="FakeUpstream"/> does with one request.</summary>
/// <param name="exchange">The request, and the ways to answer or not to.</param>
public delegate Task UpstreamHandler(FakeExchange exchange);

/// <summary>
/// One request to a <see cref="FakeUpstream"/> and its answer, at whatever level a test needs: whole responses, parts of them, or bytes. A
/// handler that returns without having answered leaves the client waiting for one. Used by one handler.
/// </summary>
public sealed class FakeExchange
{
    private readonly Action<ReceivedRequest> _completed;

    internal FakeExchange(ReceivedRequest request, FakeConnection connection, Action<ReceivedRequest> completed)
    {
        Request = request;
        Connection = connection;
        _completed = completed;
    }

    /// <summary>The request; its body may still be on its way.</summary>
    public ReceivedRequest Request { get; }

    /// <summary>The connection, for bytes that are no HTTP and for its end.</summary>
    public FakeConnection Connection { get; }

    /// <summary>An answer said that the connection ends after it.</summary>
    internal bool EndsConnection { get; private set; }

    /// <summary>Waits for the whole request, and gives its body.</summary>
    public async Task<byte[]> ReadBodyAsync()
    {
        if (Request.IsComplete)
            return Request.Body;
        var reader = Connection.Reader;
        var trailers = WireHeaders.Empty;
        if (Request.Headers["transfer-encoding"] is not null)
            trailers = await Connection.WatchAsync(reader.CopyChunksAsync(Request.BodyStream, CancellationToken.None)).ConfigureAwait(false);
        else if (Request.Headers["content-length"] is { } length)
            await Connection.WatchAsync(CopyAsync(long.Parse(length, CultureInfo.InvariantCulture))).ConfigureAwait(false);
        Request.Complete(trailers);
        _completed(Request);
        return Request.Body;

        async Task<bool> CopyAsync(long count)
        {
            await reader.CopyExactlyAsync(Request.BodyStream, count, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
    }

    /// <summary>Answers with a content-length.</summary>
    public Task RespondAsync(int status, string body, params (string Name, string Value)[] headers) =>
        RespondAsync(status, Encoding.UTF8.GetBytes(body), headers);

    /// <summary>Answers with a content-length; without the body itself to a HEAD request and for a 204 or 304.</summary>
    public async Task RespondAsync(int status, ReadOnlyMemory<byte> body, params (string Name, string Value)[] headers)
    {
        var head = status is 204 or 304 ? Head(status, headers) : Head(status, [("content-length", body.Length.ToString(CultureInfo.InvariantCulture)), .. headers]);
        if (Request.Method == "HEAD" || status is 204 or 304)
            body = default;
        await Connection.SendAsync((ReadOnlyMemory<byte>)(byte[])[.. Encoding.Latin1.GetBytes(head), .. body.Span]).ConfigureAwait(false);
    }

    /// <summary>Sends a head alone; the headers say how the body is framed.</summary>
    public Task SendHeadersAsync(int status, params (string Name, string Value)[] headers) => Connection.SendAsync(Head(status, headers));

    /// <summary>Sends one chunk of a chunked body.</summary>
    public Task SendChunkAsync(string data) => SendChunkAsync(Encoding.UTF8.GetBytes(data));

    /// <summary>Sends one chunk of a chunked body.</summary>
    public Task SendChunkAsync(ReadOnlyMemory<byte> data) =>
        Connection.SendAsync((ReadOnlyMemory<byte>)(byte[])[.. Encoding.Latin1.GetBytes($"{data.Length:x}\r\n"), .. data.Span, .. "\r\n"u8]);

    /// <summary>Ends a chunked body.</summary>
    public Task EndChunksAsync(params (string Name, string Value)[] trailers) => Connection.SendAsync($"0\r\n{Lines(trailers)}\r\n");

    private string Head(int status, (string Name, string Value)[] headers)
    {
        foreach (var (name, value) in headers)
        {
            if (name.Equals("connection", StringComparison.OrdinalIgnoreCase) && value.Equals("close", StringComparison.OrdinalIgnoreCase))
                EndsConnection = true;
        }

        return $"HTTP/1.1 {status} Status\r\n{Lines(headers)}\r\n";
    }

    private static string Lines((string Name, string Value)[] headers) => string.Concat(headers.Select(h => $"{h.Name}: {h.Value}\r\n"));
}
