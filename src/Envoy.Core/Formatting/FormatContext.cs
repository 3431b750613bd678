using System.Text;
using Envoy.Http.Headers;

namespace Envoy.Formatting;

/// <summary>What formats are filled from: an exchange's headers and what is known of it. One object serves many; owned by one thread at a time.</summary>
internal sealed class FormatContext
{
    /// <summary>The request's headers; null: there are none (TCP).</summary>
    public HeaderMap? RequestHeaders { get; set; }

    /// <summary>The response's headers; null: there are none.</summary>
    public HeaderMap? ResponseHeaders { get; set; }

    /// <summary>The response's trailers; null: there are none.</summary>
    public HeaderMap? ResponseTrailers { get; set; }

    /// <summary>What is known of the exchange.</summary>
    public StreamInfo Info { get; set; } = new();

    /// <summary>The body of an answer that the proxy gives itself.</summary>
    public ReadOnlyMemory<byte> LocalReplyBody { get; set; }

    /// <summary>Envoy's name for the reason of a log entry.</summary>
    public string AccessLogType { get; set; } = "NotSet";

    /// <summary>The clock, for the time at which something is formatted.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>For values that have to be unique.</summary>
    public Random? Random { get; set; }

    /// <summary>The path's text, for operators that decode it; null: there is none.</summary>
    public string? PathText => RequestHeaders?.TryGet(HeaderId.Path, out var path) == true ? Encoding.UTF8.GetString(path) : null;
}
