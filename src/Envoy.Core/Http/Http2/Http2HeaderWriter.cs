using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Hpack;

namespace Envoy.Http.Http2;

/// <summary>Makes header blocks of messages: pseudo headers first (RFC 9113 section 8.3), and nothing that belongs to an HTTP/1 connection (8.2.2). Worker-owned.</summary>
internal sealed class Http2HeaderWriter(HpackEncoder encoder)
{
    private readonly ByteSink _block = new();

    /// <param name="headers">The request's headers.</param>
    /// <param name="upgrades">It asks for what <c>upgrade</c> names, which HTTP/2 says with CONNECT and <c>:protocol</c> (RFC 8441).</param>
    public ReadOnlySpan<byte> WriteRequest(HeaderMap headers, bool upgrades)
    {
        Begin();
        var method = upgrades ? "CONNECT"u8 : headers.Get(HeaderId.Method);
        Write(HeaderId.Method, method, secret: false);
        if (upgrades || !method.SequenceEqual("CONNECT"u8))
        {
            Write(HeaderId.Scheme, headers.TryGet(HeaderId.Scheme, out var scheme) ? scheme : "http"u8, secret: false);
            Write(HeaderId.Path, headers.Get(HeaderId.Path), headers.IsNeverIndexed(HeaderId.Path));
        }

        if (headers.TryGet(HeaderId.Authority, out var authority))
            Write(HeaderId.Authority, authority, headers.IsNeverIndexed(HeaderId.Authority));
        if (upgrades)
            Write(HeaderId.Protocol, headers.Get(HeaderId.Upgrade), secret: false);
        WriteFields(headers);
        return _block.Written;
    }

    /// <param name="headers">The response's headers.</param>
    /// <param name="status">What <c>:status</c> is, whatever the headers say.</param>
    public ReadOnlySpan<byte> WriteResponse(HeaderMap headers, ReadOnlySpan<byte> status)
    {
        Begin();
        Write(HeaderId.Status, status, secret: false);
        WriteFields(headers);
        return _block.Written;
    }

    public ReadOnlySpan<byte> WriteTrailers(HeaderMap trailers)
    {
        Begin();
        WriteFields(trailers);
        return _block.Written;
    }

    private void Begin()
    {
        _block.Clear();
        encoder.BeginBlock(_block);
    }

    private void Write(HeaderId id, ReadOnlySpan<byte> value, bool secret) => encoder.Write(id, HeaderNames.Get(id), value, secret, _block);

    private void WriteFields(HeaderMap headers)
    {
        foreach (var field in headers)
        {
            if (field.IsPseudo || IsOfHttp1(field))
                continue;
            encoder.Write(field.Id, field.Name, field.Value, field.NeverIndexed, _block);
        }
    }

    private static bool IsOfHttp1(HeaderField field) => field.Id switch
    {
        HeaderId.Host or HeaderId.Connection or HeaderId.KeepAlive or HeaderId.ProxyConnection or HeaderId.TransferEncoding or HeaderId.Upgrade
            or HeaderId.Http2Settings => true,
        HeaderId.TE => !field.Value.SequenceEqual("trailers"u8),
        _ => false,
    };
}
