namespace Envoy.TransportSockets.Tls;

/// <summary>Everything of a proxy that was read from files and is to be read again when they change. Thread-safe.</summary>
internal sealed class TlsReloads
{
    /// <summary>How often the files are looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly List<ITlsReloadable> _all = [];

    public void Add(ITlsReloadable reloadable)
    {
        lock (_lock)
            _all.Add(reloadable);
    }

    public void Remove(ITlsReloadable reloadable)
    {
        lock (_lock)
            _all.Remove(reloadable);
    }

    /// <summary>Looks at the files of all of them.</summary>
    public void ReloadChanged()
    {
        ITlsReloadable[] all;
        lock (_lock)
            all = [.. _all];
        foreach (var reloadable in all)
            reloadable.ReloadIfChanged();
    }
}
