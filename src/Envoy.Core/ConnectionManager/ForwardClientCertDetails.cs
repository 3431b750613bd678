namespace Envoy.ConnectionManager;

/// <summary>
/// What becomes of <c>x-forwarded-client-cert</c> (<c>HttpConnectionManager.ForwardClientCertDetails</c>). Without a client's certificate,
/// all but the last take the header away.
/// </summary>
public enum ForwardClientCertDetails
{
    /// <summary>It is taken away. The default.</summary>
    Sanitize,

    /// <summary>It passes where the client has a certificate.</summary>
    ForwardOnly,

    /// <summary>The client's certificate is appended.</summary>
    AppendForward,

    /// <summary>It holds the client's certificate alone.</summary>
    SanitizeSet,

    /// <summary>It always passes.</summary>
    AlwaysForwardOnly,
}
