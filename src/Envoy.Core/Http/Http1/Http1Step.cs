namespace Envoy.Http.Http1;

/// <summary>What a decoder found in its input.</summary>
internal enum Http1Step
{
    /// <summary>Nothing complete. All input was consumed; call again with more.</summary>
    NeedMore,

    /// <summary>The message's headers are in the map; the decoder's properties describe its framing.</summary>
    Headers,

    /// <summary>A range of the input is body.</summary>
    Data,

    /// <summary>The trailers are in their map. Only with <see cref="Http1CodecOptions.EnableTrailers"/>.</summary>
    Trailers,

    /// <summary>The message has ended. What follows in the input belongs to the next one and stays unconsumed.</summary>
    MessageComplete,

    /// <summary>An interim (1xx) response is in the map; the next call clears it and goes on to the final one.</summary>
    Informational,

    /// <summary>The peer's fault is in <see cref="Http1Decoder.Error"/>; every further call says the same.</summary>
    Error,
}
