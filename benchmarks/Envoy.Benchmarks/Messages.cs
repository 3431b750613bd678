namespace Envoy.Benchmarks;

/// <summary>The messages that are read and written: what a browser sends, and what a site answers it.</summary>
internal static class Messages
{
    public static byte[] BrowserRequest { get; } = """
        GET /articles/2026/11/envoy?page=2&sort=newest HTTP/1.1
        Host: www.ik8s.io
        User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36
        Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8
        Accept-Language: en-GB,en;q=0.9,de;q=0.8
        Accept-Encoding: gzip, deflate, br, zstd
        Cookie: session=6f996e7d349e4f17a6bd21c9; theme=dark; consent=1
        Referer: https://www.ik8s.io/articles
        Cache-Control: max-age=0
        Upgrade-Insecure-Requests: 1


        """.ReplaceLineEndings("\r\n").ToLatin1();

    public static byte[] ShortRequest { get; } = "GET / HTTP/1.1\r\nHost: test\r\n\r\n".ToLatin1();

    public static byte[] Response { get; } = """
        HTTP/1.1 200 OK
        Server: nginx
        Date: Sun, 22 Nov 2026 12:00:00 GMT
        Content-Type: text/html; charset=utf-8
        Content-Length: 0
        Cache-Control: private, max-age=60
        Vary: Accept-Encoding
        X-Frame-Options: SAMEORIGIN


        """.ReplaceLineEndings("\r\n").ToLatin1();

    private static byte[] ToLatin1(this string text) => System.Text.Encoding.Latin1.GetBytes(text);
}
