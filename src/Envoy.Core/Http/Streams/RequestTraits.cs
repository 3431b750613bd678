namespace Envoy.Http.Streams;

/// <summary>What a codec knows of a request besides its headers.</summary>
[Flags]
internal enum RequestTraits
{
    /// <summary>Nothing in particular.</summary>
    None = 0,

    /// <summary>The client speaks HTTP/1.0.</summary>
    Http10 = 1,

    /// <summary>The client waits for a 100 before it sends the body.</summary>
    ExpectsContinue = 2,

    /// <summary>The client asks for another protocol.</summary>
    RequestsUpgrade = 4,

    /// <summary>The client will not use the connection for another request.</summary>
    LastOnConnection = 8,

    /// <summary>One of several streams of its connection: HTTP/2.</summary>
    Http2 = 16,

    /// <summary>The client asks for a tunnel: CONNECT, without the <c>:protocol</c> that would make it an upgrade.</summary>
    Connect = 32,
}
