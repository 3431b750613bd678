using Envoy.Formatting;

namespace Envoy.Forwarding;

/// <summary>Whether there is another try, and when.</summary>
internal sealed partial class UpstreamExchange
{
    /// <summary>Whether there will be another try, after a back-off or in so many milliseconds; the reason against it is marked.</summary>
    private bool BeginRetry(long wait, bool afterTimeout)
    {
        var stats = Cluster.Stats;
        if (_retryPending)
            EndRetry();
        if (_retriesLeft == 0)
        {
            stats.UpstreamRqRetryLimitExceeded.Inc();
            Options.VirtualCluster?.UpstreamRqRetryLimitExceeded.Inc();
            Options.Route?.UpstreamRqRetryLimitExceeded.Inc();
            Handler.AddFlags(ResponseFlags.UpstreamRetryLimitExceeded);
            return false;
        }

        _retriesLeft--;
        if (!Limits.CanRetry)
        {
            stats.UpstreamRqRetryOverflow.Inc();
            Options.VirtualCluster?.UpstreamRqRetryOverflow.Inc();
            Options.Route?.UpstreamRqRetryOverflow.Inc();
            Handler.AddFlags(ResponseFlags.UpstreamOverflow);
            return false;
        }

        if (!_runtime.Current.FeatureEnabled("upstream.use_retry", 100, (ulong)_worker.Random.Next(100)))
            return false;
        Limits.Retries.Inc();
        stats.UpstreamRqRetry.Inc();
        Options.VirtualCluster?.UpstreamRqRetry.Inc();
        Options.Route?.UpstreamRqRetry.Inc();
        _retryPending = true;
        _retriesAfterTimeout = afterTimeout;
        if (wait > 1)
        {
            stats.UpstreamRqRetryBackoffRatelimited.Inc();

            // Not all at once: half as long again at most.
            _worker.Arm(_backOff, wait + _worker.Random.NextInt64((wait / 2) + 1));
        }
        else
        {
            stats.UpstreamRqRetryBackoffExponential.Inc();
            _worker.Arm(_backOff, NextBackOff());
        }

        return true;
    }

    // Below 1, 2, 4 … times the base, each time a random part of it; never more than the longest.
    private long NextBackOff()
    {
        var config = Options.Policy.Config;
        var least = config.BackOffBaseInterval is { } given ? Math.Max(1, (long)given.TotalMilliseconds) : (long)_runtime.Current.GetInteger("upstream.base_retry_backoff_ms", 25);
        var most = config.BackOffMaxInterval is { } limit ? Math.Max(1, (long)limit.TotalMilliseconds) : least * 10;
        _nextBackOff = _nextBackOff == 0 ? least : Math.Min(_nextBackOff * 2, most);
        return Math.Max(1, _worker.Random.NextInt64(Math.Max(1, Math.Min(_nextBackOff, most))));
    }

    private void EndRetry()
    {
        _retryPending = false;
        Limits.Retries.Dec();
    }

    private void Retry()
    {
        EndRetry();
        AttemptCount++;
        if (!IsHedging)
            Handler.ResponseHeaders.Clear();
        Try();
    }
}
