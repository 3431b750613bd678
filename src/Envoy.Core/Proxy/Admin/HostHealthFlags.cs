namespace Envoy.Proxy.Admin;

/// <summary>Why a host is not healthy (Envoy's <c>HealthFlag</c>); none: healthy.</summary>
[Flags]
internal enum HostHealthFlags
{
    /// <summary>Healthy.</summary>
    None = 0,

    /// <summary>Fails active health checks.</summary>
    FailedActiveHc = 0x1,

    /// <summary>Ejected as an outlier.</summary>
    FailedOutlierCheck = 0x2,

    /// <summary>EDS says it is unhealthy.</summary>
    FailedEdsHealth = 0x4,

    /// <summary>Active health checks say it is degraded.</summary>
    DegradedActiveHc = 0x8,

    /// <summary>EDS says it is degraded.</summary>
    DegradedEdsHealth = 0x10,

    /// <summary>Gone from discovery, kept because it passes health checks.</summary>
    PendingDynamicRemoval = 0x20,

    /// <summary>Waits for its first health check.</summary>
    PendingActiveHc = 0x40,

    /// <summary>Took itself out of rotation by an answer to a health check.</summary>
    ExcludedViaImmediateHcFail = 0x80,

    /// <summary>The last active health check timed out.</summary>
    ActiveHcTimeout = 0x100,

    /// <summary>EDS says it is draining.</summary>
    EdsStatusDraining = 0x200,
}
