using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Hpack;

namespace Envoy.Http.Http2;

/// <summary>Makes header blocks of messages: pseudo headers first (RFC 9113 section 8.3), and nothing that belongs to an HTTP/1 connection (8.2.2). Worker-owned.</summary>
internal sealed class Http2HeaderWriter(HpackEncoder encoder)
{
    private readonly ByteSink _block = new();

    public ReadOnlySpan<byte> WriteRequest(HeaderMap headers)
    {
        Begin();
        var method = headers.Get(HeaderId.Method);
        Write(HeaderId.Method, method);
        if (!method.SequenceEqual("CONNECT"u8) || headers.Contains(HeaderId.Protocol))
        {
            Write(HeaderId.Scheme, headers.TryGet(HeaderId.Scheme, out var scheme) ? scheme : "http"u8);
            Write(HeaderId.Path, headers.Get(HeaderId.Path));
        }

        if (headers.TryGet(HeaderId.Authority, out var authority))
            Write(HeaderId.Authority, authority);
        if (headers.TryGet(HeaderId.Protocol, out var protocol))
            Write(HeaderId.Protocol, protocol);
        WriteFields(headers);
        return _block.Written;
    }

    public ReadOnlySpan<byte> WriteResponse(HeaderMap headers)
    {
        Begin();
        Write(HeaderId.Status, headers.Get(HeaderId.Status));
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

    private void Write(HeaderId id, ReadOnlySpan<byte> value) => encoder.Write(id, HeaderNames.Get(id), value, neverIndexed: false, _block);

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
