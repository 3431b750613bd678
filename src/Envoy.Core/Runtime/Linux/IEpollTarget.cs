namespace Envoy.Runtime.Linux;

/// <summary>Something registered with an <see cref="EpollPoller"/>.</summary>
internal interface IEpollTarget
{
    /// <summary>The kernel reports <paramref name="events"/> (EPOLL… bits).</summary>
    void OnEvents(int events);

    /// <summary>The poller is gone with its worker: gives the descriptor back, and tells nobody.</summary>
    void OnPollerClosed();
}
