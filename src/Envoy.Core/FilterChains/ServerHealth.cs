namespace Envoy.FilterChains;

/// <summary>Whether whoever runs the proxy has said that its health checks are to fail, so that it is taken out of service. Thread-safe.</summary>
internal sealed class ServerHealth
{
    private volatile bool _isFailing;

    /// <summary>True: health checks fail, whatever they would find.</summary>
    public bool IsFailing
    {
        get => _isFailing;
        set => _isFailing = value;
    }
}
