using System.Text;

namespace Envoy.Testing;

/// <summary>A response as it came over the wire. Immutable.</summary>
/// <param name="Status">The status code.</param>
/// <param name="StatusLine">The first line.</param>
/// <param name="Headers">The headers.</param>
/// <param name="Body">The body, without chunks' frames.</param>
/// <param name="Trailers">The trailers of a chunked body.</param>
public sealed record RawResponse(int Status, string StatusLine, WireHeaders Headers, byte[] Body, WireHeaders Trailers)
{
    /// <summary><see cref="Body"/> as UTF-8 text.</summary>
    public string BodyText => Encoding.UTF8.GetString(Body);
}
