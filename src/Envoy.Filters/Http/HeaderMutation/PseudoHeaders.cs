using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Routing;

namespace Envoy.Filters.Http.HeaderMutation;

/// <summary>
/// Sets what stands in a message's first line, of which there is one each. The value may come from a peer: one that would make another message
/// of it is left out, one that only has wrong bytes in it loses them.
/// </summary>
internal static class PseudoHeaders
{
    public static void Set(HeaderMap headers, HeaderId id, Span<byte> value)
    {
        var fits = id switch
        {
            // A tunnel, or its end, cannot be made of another request.
            HeaderId.Method => AsciiBytes.IsToken(value) && !value.SequenceEqual("CONNECT"u8) && !headers.Get(HeaderId.Method).SequenceEqual("CONNECT"u8),
            HeaderId.Scheme => AsciiBytes.IsToken(value),
            HeaderId.Status => value.Length == 3 && value[0] is >= (byte)'2' and <= (byte)'5' && !value.ContainsAnyExceptInRange((byte)'0', (byte)'9'),
            HeaderId.Path or HeaderId.Authority => value.Length > 0,
            _ => false,
        };
        if (fits)
            headers.SetUnchecked(id, RequestRewriting.Clean(value));
    }
}
