using Envoy.RuntimeSettings;
using Envoy.Stats;

namespace Envoy.Proxy.Admin;

/// <summary>What the admin pages are made of. The functions are called while a page is made, on the thread that asks for it. Immutable.</summary>
internal sealed record AdminModel
{
    /// <summary>The statistics.</summary>
    public required StatsStore Stats { get; init; }

    /// <summary>The proxy at this moment.</summary>
    public required Func<ServerView> Server { get; init; }

    /// <summary>The clusters at this moment, in the order in which they are shown.</summary>
    public Func<IReadOnlyList<ClusterView>> Clusters { get; init; } = static () => [];

    /// <summary>The listeners at this moment.</summary>
    public Func<IReadOnlyList<ListenerView>> Listeners { get; init; } = static () => [];

    /// <summary>The runtime's keys; null (default): the two paths do not exist.</summary>
    public RuntimeLoader? Runtime { get; init; }

    /// <summary>Brings statistics up to date before they are shown; null (default): what the last flush left is shown, as in Envoy.</summary>
    public Action? FlushStats { get; init; }

    /// <summary>Asks the host to stop the proxy (<c>/quitquitquit</c>); must not wait for it, since the answer goes out first.</summary>
    public required Action Quit { get; init; }

    /// <summary>Opens the access logs' files again (<c>/reopen_logs</c>). Default: there are none.</summary>
    public Action ReopenLogs { get; init; } = static () => { };

    /// <summary>Makes health checks of this proxy fail (true) or pass (false); null (default): the two paths do not exist.</summary>
    public Action<bool>? FailHealthCheck { get; init; }
}
