namespace Envoy.Listeners.Matching;

/// <summary>Where a connection may come from (<c>FilterChainMatch.ConnectionSourceType</c>).</summary>
public enum ConnectionSourceType
{
    /// <summary>From anywhere.</summary>
    Any,

    /// <summary>From this machine: the loopback address, the address it came to, or a Unix domain socket.</summary>
    SameIpOrLoopback,

    /// <summary>From elsewhere.</summary>
    External,
}
