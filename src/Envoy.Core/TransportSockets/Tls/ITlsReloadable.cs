namespace Envoy.TransportSockets.Tls;

/// <summary>Something that was read from files and reads them again. Main-owned.</summary>
internal interface ITlsReloadable
{
    /// <summary>Reads the files again if they have changed; what they held before stays in use when they cannot be used.</summary>
    void ReloadIfChanged();
}
