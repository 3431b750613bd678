using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;
using Envoy.Filters.Common.Rbac;
using Envoy.Matching;
using Envoy.Net;
using Envoy.Runtime.Timers;

namespace Envoy.Filters.Network.Rbac;

/// <summary>Lets a connection's bytes pass, or closes it. Worker-owned.</summary>
internal sealed class NetworkRbacFilter(NetworkRbacFilter.Factory shared) : INetworkReadFilter, ITimerHandler
{
    private NetworkFilterCallbacks _callbacks = null!;
    private TimerNode? _delay;
    private bool _decided;
    private bool _allowed;

    public void Attach(NetworkFilterCallbacks callbacks) => _callbacks = callbacks;

    public NetworkFilterStatus OnData(ByteQueue data, bool endOfStream)
    {
        if (_delay is not null)
            return NetworkFilterStatus.Stop;
        if (!_decided || (_allowed && shared.Options.EnforcementType == RbacEnforcement.Continuous))
            Decide();
        if (_allowed)
            return NetworkFilterStatus.Continue;
        Refuse();
        return NetworkFilterStatus.Stop;
    }

    public void OnClose(ConnectionEvent connectionEvent)
    {
        if (_delay is not null)
            _callbacks.Worker.Disarm(_delay);
    }

    public void OnTimer(TimerNode timer) => _callbacks.Connection.Close(ConnectionCloseType.NoFlush);

    private void Decide()
    {
        var connection = _callbacks.Connection;
        var subject = new RbacSubject(connection, null, connection.RemoteAddress, shared.Scratch);
        if (shared.Snapshot.Shadow is { } shadow)
            shared.Stats.Count(shadow: true, shadow.Allows(subject, out var would), would, perPolicy: false);
        _decided = _allowed = true;
        if (shared.Snapshot.Rules is not { } rules)
            return;
        _allowed = rules.Allows(subject, out var policy);
        shared.Stats.Count(shadow: false, _allowed, policy, perPolicy: false);
        if (!_allowed)
            _callbacks.TerminationDetails = RbacPolicy.DetailsOf(policy);
    }

    private void Refuse()
    {
        if (shared.Options.DelayDeny <= TimeSpan.Zero)
        {
            _callbacks.Connection.Close(ConnectionCloseType.NoFlush);
            return;
        }

        _delay = new TimerNode(this);
        _callbacks.Connection.ReadDisable(true);
        _callbacks.Worker.Arm(_delay, shared.Options.DelayDeny);
    }

    /// <summary>The compiled options. Immutable.</summary>
    internal sealed class Snapshot(NetworkRbacOptions options) : INetworkFilterSnapshot
    {
        public NetworkRbacOptions Options => options;

        public RbacEngine? Rules { get; } = RbacEngine.Compile(options.Rules);

        public RbacEngine? Shadow { get; } = RbacEngine.Compile(options.ShadowRules);

        public INetworkFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(this, context);
    }

    /// <summary>What the filters of one worker share. Worker-owned.</summary>
    internal sealed class Factory : INetworkFilterFactory
    {
        public Factory(Snapshot snapshot, FilterWorkerContext context)
        {
            Snapshot = snapshot;
            Scratch = MatchScratch.Of(context.Worker);
            Stats = new RbacStats(context.Stats.Store.Scope(Options.StatPrefix.TrimEnd('.')).Scope("rbac"), "", Options.ShadowRulesStatPrefix, context.Worker.Index);
            snapshot.Rules?.Warm(Scratch);
            snapshot.Shadow?.Warm(Scratch);
        }

        public Snapshot Snapshot { get; }

        public NetworkRbacOptions Options => Snapshot.Options;

        public MatchScratch Scratch { get; }

        public RbacStats Stats { get; }

        public INetworkFilter Create() => new NetworkRbacFilter(this);
    }
}
