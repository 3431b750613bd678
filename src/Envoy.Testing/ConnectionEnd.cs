namespace Envoy.Testing;

/// <summary>How a connection ended, as one side saw it.</summary>
public enum ConnectionEnd
{
    /// <summary>It has not.</summary>
    Open,

    /// <summary>The peer ended it in order (FIN).</summary>
    ByPeer,

    /// <summary>The peer reset it (RST).</summary>
    Reset,

    /// <summary>This side ended it.</summary>
    BySelf,
}
