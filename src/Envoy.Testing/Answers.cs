using System.Globalization;
using System.Text;

namespace Envoy.Testing;

/// <summary>
/// Ready-made behaviours of a <see cref="FakeUpstream"/>, good and bad. Unless it says otherwise each waits for the whole request first.
/// </summary>
public static class Answers
{
    /// <summary>200 with <paramref name="body"/>.</summary>
    public static UpstreamHandler Ok(string body = "ok") => Status(200, body);

    /// <summary>200 with <paramref name="body"/>.</summary>
    public static UpstreamHandler Ok(ReadOnlyMemory<byte> body) => AfterRequest(e => e.RespondAsync(200, body));

    /// <summary>A status with a body and headers.</summary>
    public static UpstreamHandler Status(int status, string body = "", params (string Name, string Value)[] headers) =>
        AfterRequest(e => e.RespondAsync(status, body, headers));

    /// <summary>200 with the request's body.</summary>
    public static UpstreamHandler Echo() => AfterRequest(e => e.RespondAsync(200, e.Request.Body));

    /// <summary>200 in chunks.</summary>
    public static UpstreamHandler Chunked(params string[] chunks) => ChunkedWithTrailers(chunks);

    /// <summary>200 in chunks, with trailers after them.</summary>
    public static UpstreamHandler ChunkedWithTrailers(IReadOnlyList<string> chunks, params (string Name, string Value)[] trailers) => AfterRequest(async e =>
    {
        await e.SendHeadersAsync(200, ("transfer-encoding", "chunked")).ConfigureAwait(false);
        foreach (var chunk in chunks)
            await e.SendChunkAsync(chunk).ConfigureAwait(false);
        await e.EndChunksAsync(trailers).ConfigureAwait(false);
    });

    /// <summary>200 with a body that the connection's end ends (FIN).</summary>
    public static UpstreamHandler UntilClose(string body) => AfterRequest(async e =>
    {
        await e.SendHeadersAsync(200).ConfigureAwait(false);
        await e.Connection.SendAsync(body).ConfigureAwait(false);
        e.Connection.Close();
    });

    /// <summary>200 with <c>connection: close</c>, then the end.</summary>
    public static UpstreamHandler OkThenClose(string body = "ok") => Status(200, body, ("connection", "close"));

    /// <summary>An interim response before <paramref name="then"/>.</summary>
    public static UpstreamHandler Informational(int status, UpstreamHandler then, params (string Name, string Value)[] headers) => AfterRequest(async e =>
    {
        await e.SendHeadersAsync(status, headers).ConfigureAwait(false);
        await then(e).ConfigureAwait(false);
    });

    /// <summary>Answers as soon as the request's headers are there, whatever of its body is still to come.</summary>
    public static UpstreamHandler Early(int status, string body = "", params (string Name, string Value)[] headers) => e => e.RespondAsync(status, body, headers);

    /// <summary>Closes without an answer (FIN).</summary>
    public static UpstreamHandler Close() => AfterRequest(e =>
    {
        e.Connection.Close();
        return Task.CompletedTask;
    });

    /// <summary>Resets the connection without an answer (RST).</summary>
    public static UpstreamHandler Reset() => AfterRequest(e =>
    {
        e.Connection.Reset();
        return Task.CompletedTask;
    });

    /// <summary>Never answers; ends when the client does.</summary>
    public static UpstreamHandler Never() => AfterRequest(e => e.Connection.WaitForEndAsync());

    /// <summary>A 200 that promises <paramref name="contentLength"/> bytes, sends <paramref name="body"/> and closes (FIN).</summary>
    public static UpstreamHandler Truncated(int contentLength, string body) => AfterRequest(async e =>
    {
        await SendPart(e, contentLength, body).ConfigureAwait(false);
        e.Connection.Close();
    });

    /// <summary>A 200 that promises <paramref name="contentLength"/> bytes, sends <paramref name="body"/> and says nothing more.</summary>
    public static UpstreamHandler Stalled(int contentLength, string body) => AfterRequest(async e =>
    {
        await SendPart(e, contentLength, body).ConfigureAwait(false);
        await e.Connection.WaitForEndAsync().ConfigureAwait(false);
    });

    /// <summary>200 whose body comes a byte at a time, each after its own <paramref name="gate"/> has opened.</summary>
    public static UpstreamHandler Drip(string body, Func<Task> gate)
    {
        ArgumentNullException.ThrowIfNull(body);
        return AfterRequest(async e =>
        {
            await SendPart(e, body.Length, "").ConfigureAwait(false);
            foreach (var c in body)
            {
                await gate().ConfigureAwait(false);
                await e.Connection.SendAsync(c.ToString()).ConfigureAwait(false);
            }
        });
    }

    /// <summary>Exactly these bytes (Latin-1), right or wrong; the connection stays open.</summary>
    public static UpstreamHandler Raw(string bytes) => AfterRequest(async e =>
    {
        await e.Connection.SendAsync(bytes).ConfigureAwait(false);
    });

    /// <summary>A status line that is none.</summary>
    public static UpstreamHandler MalformedStatusLine() => Raw("HTTP/1.1 abc\r\ncontent-length: 0\r\n\r\n");

    /// <summary>A header without a colon.</summary>
    public static UpstreamHandler MalformedHeader() => Raw("HTTP/1.1 200 OK\r\nthis is no header\r\n\r\n");

    /// <summary>A chunk whose size is no number, after a good one of four bytes.</summary>
    public static UpstreamHandler MalformedChunk() => Raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\ngood\r\nxyz\r\n");

    /// <summary>200 with one header of <paramref name="bytes"/> bytes.</summary>
    public static UpstreamHandler HugeHeader(int bytes) => Status(200, "", ("x-huge", new string('h', bytes)));

    private static UpstreamHandler AfterRequest(Func<FakeExchange, Task> answer) => async exchange =>
    {
        await exchange.ReadBodyAsync().ConfigureAwait(false);
        await answer(exchange).ConfigureAwait(false);
    };

    private static Task SendPart(FakeExchange exchange, int contentLength, string body) => exchange.Connection.SendAsync((ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\ncontent-length: {contentLength}\r\n\r\n{body}")));
}
