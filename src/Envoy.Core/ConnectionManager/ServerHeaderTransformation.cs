namespace Envoy.ConnectionManager;

/// <summary>What becomes of a response's <c>server</c> header (<c>HttpConnectionManager.ServerHeaderTransformation</c>).</summary>
public enum ServerHeaderTransformation
{
    /// <summary>The configured name takes the upstream's place. The default.</summary>
    Overwrite,

    /// <summary>The configured name, where the upstream gives none.</summary>
    AppendIfAbsent,

    /// <summary>Left as the upstream sent it.</summary>
    PassThrough,
}
