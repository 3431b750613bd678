using System.Net;
using Envoy.Buffers;
using Envoy.ConnectionManager.Streams;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;
using Envoy.Net;
using Envoy.Runtime;

namespace Envoy.Filters.Network.ClientSslAuth;

/// <summary>Lets a connection go on whose client has an approved certificate, and closes others. Worker-owned.</summary>
internal sealed class ClientSslAuthFilter(ClientSslAuthFilter.Factory shared) : INetworkReadFilter
{
    private NetworkFilterCallbacks _callbacks = null!;

    public void Attach(NetworkFilterCallbacks callbacks) => _callbacks = callbacks;

    public NetworkFilterStatus OnNewConnection()
    {
        // The filters after this one hear of the connection when its client is known.
        if (_callbacks.Connection.IsTls)
            return NetworkFilterStatus.Stop;
        shared.Stats.AuthNoSsl.Inc();
        return NetworkFilterStatus.Continue;
    }

    public void OnSecured()
    {
        var connection = _callbacks.Connection;
        if (connection.RemoteAddress is IPEndPoint client && shared.Snapshot.Allowed.Contains(client.Address))
        {
            shared.Stats.AuthIpAllowlist.Inc();
        }
        else if (connection.Tls is { Peer: { } peer } && shared.Snapshot.Approved.Contains(peer.Sha256))
        {
            shared.Stats.AuthDigestMatch.Inc();
        }
        else
        {
            shared.Stats.AuthDigestNoMatch.Inc();
            _callbacks.TerminationDetails = "auth_digest_no_match";
            connection.Close(ConnectionCloseType.NoFlush);
            return;
        }

        _callbacks.ContinueReading();
    }

    public NetworkFilterStatus OnData(ByteQueue data, bool endOfStream) => NetworkFilterStatus.Continue;

    /// <summary>The compiled options, and what all workers know. Thread-safe.</summary>
    internal sealed class Snapshot(ClientSslAuthOptions options) : INetworkFilterSnapshot
    {
        public ClientSslAuthOptions Options => options;

        public AddressRanges Allowed { get; } = AddressRanges.Compile(options.IpAllowList, static (_, _) => { });

        public ApprovedPrincipals Approved { get; } = new();

        public INetworkFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(this, context);
    }

    /// <summary>What the filters of one worker share; the first worker's asks the service. Worker-owned.</summary>
    internal sealed class Factory : INetworkFilterFactory
    {
        public Factory(Snapshot snapshot, FilterWorkerContext context)
        {
            Snapshot = snapshot;
            Stats = new ClientSslAuthStats(context.Stats.Store.Scope("auth.clientssl." + snapshot.Options.StatPrefix), context.Worker.Index);
            if (context.Worker.Index == 0)
                Begin(new PrincipalsFetcher(snapshot, Stats, context), context.Worker);
        }

        public Snapshot Snapshot { get; }

        public ClientSslAuthStats Stats { get; }

        public INetworkFilter Create() => new ClientSslAuthFilter(this);

        // In a turn of the worker, which has the clusters by then.
        private static void Begin(PrincipalsFetcher fetcher, Worker worker) => worker.Post(fetcher.Start);
    }
}
