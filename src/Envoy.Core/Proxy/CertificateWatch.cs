using Envoy.Runtime;
using Envoy.Runtime.Timers;
using Envoy.TransportSockets.Tls;

namespace Envoy.Proxy;

/// <summary>Looks at the files of certificates from time to time, while the proxy runs. Main-owned.</summary>
internal sealed class CertificateWatch : ITimerHandler
{
    private readonly Worker _main;
    private readonly TimerNode _timer;

    public CertificateWatch(Worker main)
    {
        _main = main;
        _timer = new TimerNode(this);
    }

    public TlsReloads Reloads { get; } = new();

    public void Start() => _main.Arm(_timer, TlsReloads.Interval);

    public void Stop() => _main.Disarm(_timer);

    public void OnTimer(TimerNode timer)
    {
        // First, so that whatever comes of it the next time comes.
        Start();
        Reloads.ReloadChanged();
    }
}
