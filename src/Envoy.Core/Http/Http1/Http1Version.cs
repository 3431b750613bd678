namespace Envoy.Http.Http1;

/// <summary>The version a message says it has.</summary>
internal enum Http1Version
{
    /// <summary>HTTP/1.0.</summary>
    Http10,

    /// <summary>HTTP/1.1.</summary>
    Http11,
}
