using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Envoy.Clusters.Hosts;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Runtime.Resolver;
using Envoy.Runtime.Timers;

namespace Envoy.Clusters.Discovery;

/// <summary>One configured name of a DNS cluster: its question, its timer and the hosts that its last answer gave. Main-owned.</summary>
/// <remarks>
/// <code>
///   Resolve ──► asked ──answer──► hosts = answer ──┐
///      ▲          └────failure──► hosts stay ──────┤
///      └───────────── dns_refresh_rate ◄───────────┘
/// </code>
/// </remarks>
internal sealed class DnsTarget : ITimerHandler
{
    private readonly StrictDnsDiscovery _owner;
    private readonly Worker _main;
    private readonly ClusterSnapshot _cluster;
    private readonly EndpointConfig _endpoint;
    private readonly LocalityEndpointsConfig _locality;
    private readonly IDnsResolver _resolver;
    private readonly ClusterMembershipStats _stats;
    private readonly TimerNode _refresh;
    private readonly string _name;
    private readonly int _port;
    private Question? _asked;
    private bool _failing;
    private bool _disposed;

    public DnsTarget(
        StrictDnsDiscovery owner, Worker main, ClusterSnapshot cluster, EndpointConfig endpoint, LocalityEndpointsConfig locality, IDnsResolver resolver,
        ClusterMembershipStats stats)
    {
        _owner = owner;
        _main = main;
        _cluster = cluster;
        _endpoint = endpoint;
        _locality = locality;
        _resolver = resolver;
        _stats = stats;
        _refresh = new TimerNode(this);
        var address = (SocketAddressConfig)endpoint.Address;
        _name = address.Address;
        _port = address.PortValue;
    }

    /// <summary>The hosts of the last answer; none before the first.</summary>
    public ImmutableArray<Host> Hosts { get; private set; } = [];

    /// <summary>Asks for the addresses.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "A resolver is not to throw; one that does has no answer, and main goes on.")]
    public void Resolve()
    {
        _stats.UpdateAttempt.Inc();
        if (IPAddress.TryParse(_name, out var literal))
        {
            // A literal has no records that could change: no question, and no timer.
            OnSuccess([literal]);
            _owner.OnAnswered();
            return;
        }

        var question = _asked = new Question(this);
        try
        {
            _resolver.Resolve(_name, _cluster.Config.DnsLookupFamily.Queried(), question.Answer);
        }
        catch (Exception e)
        {
            question.Answer(DnsResult.Failure(e.Message));
        }
    }

    public void OnTimer(TimerNode timer) => Resolve();

    public void Dispose()
    {
        _disposed = true;
        _asked = null;
        _main.Disarm(_refresh);
    }

    private void OnAnswer(Question question, DnsResult result)
    {
        // A second answer to one question, or one that comes too late.
        if (_disposed || !ReferenceEquals(question, _asked))
            return;
        _asked = null;
        if (result.Status == DnsStatus.Success)
        {
            _failing = false;
            OnSuccess(result.Addresses);
        }
        else
        {
            _stats.UpdateFailure.Inc();
            // Once, not with every refresh of an outage.
            if (!_failing)
                ClustersLog.ResolveFailed(_main.Logger, _cluster.Name, _name, result.Error);
            _failing = true;
        }

        // What is told above may have ended this cluster.
        if (_disposed)
            return;
        _main.Arm(_refresh, _cluster.Config.DnsRefreshRate);
        _owner.OnAnswered();
    }

    private void OnSuccess(IReadOnlyList<IPAddress> addresses)
    {
        // Never update_empty: in Envoy that counts empty assignments that are ignored, and here an empty answer empties the cluster.
        _stats.UpdateSuccess.Inc();
        var used = _cluster.Config.DnsLookupFamily.Select(addresses);
        var socket = _cluster.Sockets.Choose(_endpoint.Metadata, _locality.Metadata, used.Count);
        var specs = new HostSpec[used.Count];
        for (var i = 0; i < specs.Length; i++)
        {
            var hostname = _endpoint.Hostname.Length > 0 ? _endpoint.Hostname : _name;
            specs[i] = new HostSpec(new IPEndPoint(used[i], _port), hostname, _endpoint.LoadBalancingWeight, _locality.Priority)
            {
                SocketIndex = socket,
                ProxyProtocolTlvs = _endpoint.ProxyProtocolTlvs,
            };
        }

        var update = HostReconciliation.Of(Hosts, specs);
        _stats.MaxHostWeight.Set(_endpoint.LoadBalancingWeight);
        Hosts = update.Hosts;
        if (update.Changed)
            _owner.OnChanged();
        else
            _stats.UpdateNoRebuild.Inc();
    }

    /// <summary>One question: brings its answer to main from whatever thread has it. Thread-safe.</summary>
    private sealed class Question(DnsTarget target)
    {
        private DnsResult? _result;

        public void Answer(DnsResult result)
        {
            if (Interlocked.CompareExchange(ref _result, result, null) is null)
                target._main.Post(static state => ((Question)state!).Deliver(), this);
        }

        private void Deliver() => target.OnAnswer(this, _result!);
    }
}
