namespace Envoy.FilterChains.Http;

/// <summary>
/// What an HTTP filter wants of its direction. Whatever is returned, order is kept: headers before data, data before trailers.
/// </summary>
public enum FilterStatus
{
    /// <summary>Pass on; what this filter held goes first.</summary>
    Continue,

    /// <summary>
    /// Later filters wait, this filter goes on seeing this direction, and what has passed is kept up to the buffer limit: beyond it a request
    /// is answered with 413, a response with 500.
    /// </summary>
    Hold,

    /// <summary>
    /// Nobody sees more of this direction until this filter resumes it; what arrives is kept up to the buffer limit, then the source is
    /// held back.
    /// </summary>
    Pause,

    /// <summary>The filter has moved these bytes to itself and will inject them, or others, later. For headers and trailers as <see cref="Hold"/>.</summary>
    Take,
}
