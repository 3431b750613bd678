using System.Text;

namespace Envoy.Proxy.Admin;

/// <summary>
/// An answer of the admin interface. Whoever sends it also sends <c>cache-control: no-cache, max-age=0</c> and
/// <c>x-content-type-options: nosniff</c>, as Envoy does on every admin answer. Immutable.
/// </summary>
/// <param name="Status">The status code.</param>
/// <param name="ContentType">The content type.</param>
/// <param name="Body">The body.</param>
internal sealed record AdminResponse(int Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    /// <summary>Of text pages.</summary>
    public const string Text = "text/plain; charset=UTF-8";

    /// <summary>Of JSON pages.</summary>
    public const string Json = "application/json";

    /// <summary>Of the home page.</summary>
    public const string Html = "text/html; charset=UTF-8";

    /// <summary>The value of <c>cache-control</c>.</summary>
    public const string CacheControl = "no-cache, max-age=0";

    /// <summary>The value of <c>x-content-type-options</c>.</summary>
    public const string ContentTypeOptions = "nosniff";

    /// <summary>The body as text.</summary>
    public string BodyText => Encoding.UTF8.GetString(Body.Span);

    /// <summary>An answer of plain text.</summary>
    public static AdminResponse OfText(int status, string text) => new(status, Text, Encoding.UTF8.GetBytes(text));
}
