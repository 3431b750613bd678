using Envoy.Clusters;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Stats;
using Envoy.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Core.Tests.Clusters;

/// <summary>A main loop and workers that the test steps, with a clock that it moves and a resolver that it answers for.</summary>
internal sealed class ClusterTestBed
{
    public ClusterTestBed(int workers = 1, int seed = 1)
    {
        var options = new WorkerOptions { Engine = new QuietEngine(), TimeProvider = Clock, Logger = NullLogger.Instance, Seed = seed };
        Workers = [.. Enumerable.Range(0, workers).Select(i => new Worker(i, $"wrk:{i}", options))];
        Main = new Worker(workers, "main", options);
        Stats = new StatsStore(workers);
        Manager = new ClusterManager(Main, Workers, Resolver, Stats);
    }

    public ManualClock Clock { get; } = new();

    public FakeResolver Resolver { get; } = new();

    public Worker Main { get; }

    public Worker[] Workers { get; }

    public StatsStore Stats { get; }

    public ClusterManager Manager { get; }

    public static ClusterConfig Static(string name, params EndpointConfig[] endpoints) => new()
    {
        Name = name,
        Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [.. endpoints] }],
    };

    public static ClusterConfig Dns(string name, params string[] names) => Static(name, [.. names.Select(n => Endpoint(n))]) with
    {
        Type = DiscoveryType.StrictDns,
    };

    public static EndpointConfig Endpoint(string address, uint weight = 1, int port = 80)
        => new(new SocketAddressConfig(address, port)) { LoadBalancingWeight = weight };

    /// <summary>Lets main and then the workers run until what was posted has been done.</summary>
    public void Turn()
    {
        for (var i = 0; i < 3; i++)
        {
            Main.RunTurn(0);
            foreach (var worker in Workers)
                worker.RunTurn(0);
        }
    }

    public void Advance(TimeSpan by)
    {
        Clock.Advance(by);
        Turn();
    }

    public Cluster? Find(string name, int worker = 0) => WorkerClusters.Of(Workers[worker]).Find(name);

    public Cluster Cluster(string name, int worker = 0) => Find(name, worker) ?? throw new AssertionException($"worker {worker} has no {name}");

    /// <summary>The addresses of the hosts that a worker has.</summary>
    public string[] Hosts(string name, int worker = 0) => [.. Cluster(name, worker).Hosts.All.Select(host => host.Address)];

    public string?[] Choose(string name, int times, int worker = 0)
        => [.. Enumerable.Range(0, times).Select(_ => Cluster(name, worker).ChooseHost()?.Address)];

    public long Counter(string name) => Stats.Snapshot().Counters.Single(counter => counter.Name == name).Value;

    public long Gauge(string name) => Stats.Snapshot().Gauges.Single(gauge => gauge.Name == name).Value;
}
