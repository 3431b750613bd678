using Envoy.Net;

namespace Envoy.Proxy.Admin;

/// <summary>A host as <c>/clusters</c> shows it. Immutable.</summary>
/// <param name="Address">Its address.</param>
internal sealed record HostView(AddressConfig Address)
{
    /// <summary>Its host name; empty (default) for none.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>Why it is not healthy; none by default.</summary>
    public HostHealthFlags HealthFlags { get; init; }

    /// <summary>Its weight; default 1.</summary>
    public uint Weight { get; init; } = 1;

    /// <summary>Its locality's region; empty (default) for none.</summary>
    public string Region { get; init; } = "";

    /// <summary>Its locality's zone; empty (default) for none.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Its locality's sub-zone; empty (default) for none.</summary>
    public string SubZone { get; init; } = "";

    /// <summary>Whether it is a canary. Default false.</summary>
    public bool Canary { get; init; }

    /// <summary>Its priority, 0 (default) being the highest.</summary>
    public uint Priority { get; init; }

    /// <summary>Its success rate in percent, or -1 (default) when outlier detection has none.</summary>
    public double SuccessRate { get; init; } = -1;

    /// <summary>The same of failures that arose on this side; default -1.</summary>
    public double LocalOriginSuccessRate { get; init; } = -1;

    /// <summary>Connections that failed.</summary>
    public long CxConnectFail { get; init; }

    /// <summary>Connections begun.</summary>
    public long CxTotal { get; init; }

    /// <summary>Connections open.</summary>
    public long CxActive { get; init; }

    /// <summary>Requests that ended in an error.</summary>
    public long RqError { get; init; }

    /// <summary>Requests that succeeded.</summary>
    public long RqSuccess { get; init; }

    /// <summary>Requests that timed out.</summary>
    public long RqTimeout { get; init; }

    /// <summary>Requests begun.</summary>
    public long RqTotal { get; init; }

    /// <summary>Requests under way.</summary>
    public long RqActive { get; init; }
}
