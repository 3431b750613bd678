namespace Envoy.ConnectionManager;

/// <summary>What is done about <c>%2F</c> and <c>%5C</c> in a path (<c>HttpConnectionManager.PathWithEscapedSlashesAction</c>).</summary>
public enum EscapedSlashesAction
{
    /// <summary>Nothing. The default.</summary>
    KeepUnchanged,

    /// <summary>The request is answered with 400; a gRPC request as its kind.</summary>
    RejectRequest,

    /// <summary>The client is sent to the path with slashes (307); a gRPC request is refused.</summary>
    UnescapeAndRedirect,

    /// <summary>The path goes on with slashes.</summary>
    UnescapeAndForward,
}
