using System.Text.Json;
using Envoy.Fuzz.Engine;

namespace Envoy.Fuzz.Http1;

/// <summary>What HTTP/1 inputs begin as.</summary>
internal static class Http1Seeds
{
    private static readonly string[] Requests =
    [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nGET /path?q=1 HTTP/1.1\r\nHost: a:80\r\nAccept: */*\r\nUser-Agent: x\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloPOST /q HTTP/1.1\r\nHost: b\r\nContent-Length: 0\r\n\r\n",
        "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n5\r\nhello\r\n6;ext=\"v\\\"q\";n\r\n world\r\n0\r\nX: trailer\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://user.test:8080?x HTTP/1.1\r\nHost: other\r\n\r\n",
        "GET http://user.test HTTP/1.1\r\nHost: other\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: [::1]:8\r\n\r\n",
        "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\ntunnelled",
        "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
        "PUT /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close, te, x-hop\r\nTE: trailers, gzip\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n\r\nabc",
    ];

    private static readonly string[] Responses =
    [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nGrpc-Status: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nServer: x\r\n\r\nuntil the end",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\nETag: \"x\"\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nbytes",
        "HTTP/1.1 200\r\nConnection: close, x-a\r\nX-A: 1\r\nProxy-Connection: close\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Length: 0\r\n\r\n",
    ];

    public static byte[][] Words { get; } = Corpus.Bytes(
        "\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", "\0", ":", ";", ",", "0\r\n\r\n", "\r\n0\r\n\r\n", "5\r\nhello\r\n", ";a=b", ";a=\"b\"", " HTTP/1.1", " HTTP/1.0", "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST /", "HEAD ", "CONNECT ", "OPTIONS *", "http://", "https://", "Host: a\r\n", "Content-Length: 5\r\n",
        "Content-Length: 0\r\n", "Content-Length:", "Content-Length : 3\r\n", "content-length: +3\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding:", "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n", " chunked\r\n", "\tchunked", "xchunked", "chunked", "Connection: close\r\n", "Connection: keep-alive\r\n",
        "Connection: upgrade\r\n", "Connection: content-length\r\n", "Connection: transfer-encoding, te\r\n", "Upgrade: websocket\r\n", "Upgrade: h2c\r\n", "TE: trailers\r\n", "Trailer: x\r\n", "Expect: 100-continue\r\n",
        "Proxy-Connection: close\r\n", "Keep-Alive: 1\r\n", "x: y\r\n", ":path: /\r\n", ":status: 200\r\n", "\u00ff", "%00", "204", "304", "101", "[::1]", "@", "#", "?");

    public static (List<byte[]> Requests, List<byte[]> Responses) Load(int mostBytes)
    {
        List<byte[]> requests = [.. Corpus.Bytes(Requests)];
        List<byte[]> responses = [.. Corpus.Bytes(Responses)];
        if (Corpus.TryFind("http1/cases.jsonl") is { } cases)
        {
            foreach (var line in File.ReadLines(cases))
            {
                using var document = JsonDocument.Parse(line);
                var root = document.RootElement;
                if (!root.TryGetProperty("payload_b64", out var payload) || payload.ValueKind != JsonValueKind.String)
                    continue;
                var bytes = payload.GetBytesFromBase64();
                if (bytes.Length > 0 && bytes.Length <= mostBytes)
                    (root.GetProperty("kind").GetString() == "response" ? responses : requests).Add(bytes);
            }
        }

        requests.AddRange(Corpus.Files("http1/envoy-fuzz-corpora/integration_h1_corpus", mostBytes));
        responses.AddRange(Corpus.Files("http1/envoy-fuzz-corpora/common_http_http1_http1_connection_corpus", mostBytes));
        return (requests, responses);
    }
}
