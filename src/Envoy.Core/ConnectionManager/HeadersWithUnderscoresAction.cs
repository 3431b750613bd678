namespace Envoy.ConnectionManager;

/// <summary>What becomes of request headers with an underscore in their name (<c>HttpProtocolOptions.HeadersWithUnderscoresAction</c>).</summary>
public enum HeadersWithUnderscoresAction
{
    /// <summary>They pass. The default.</summary>
    Allow,

    /// <summary>The request is answered with 400 and its connection ends.</summary>
    RejectRequest,

    /// <summary>They are dropped.</summary>
    DropHeader,
}
