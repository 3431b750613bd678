using System.Diagnostics.Metrics;
using Envoy.Stats;

namespace Envoy.Core.Tests.Stats;

internal sealed class StatsMeterTests
{
    [Test]
    public void Meter_CountersAndGauges_AreMeasuredWithTags()
    {
        var store = new StatsStore(1);
        store.Counter("cluster.a.upstream_cx_total").Cell(0).Add(3);
        using var meter = new StatsMeter(store);
        using var seen = new Listener(store);
        store.Counter("cluster.b.upstream_cx_total").Cell(0).Add(4);
        store.Gauge("server.live").Cell(1).Set(1);
        store.Histogram("h");

        Assert.That(seen.Read(), Is.EqualTo(new[]
        {
            "envoy.cluster.upstream_cx_total{envoy.cluster_name=a} 3",
            "envoy.cluster.upstream_cx_total{envoy.cluster_name=b} 4",
            "envoy.server.live{} 1",
        }));
    }

    [Test]
    public void Meter_StatisticGone_IsNotMeasured()
    {
        var store = new StatsStore(1);
        using var meter = new StatsMeter(store);
        using var seen = new Listener(store);
        using (var scope = store.Scope("cluster.a"))
        {
            scope.Counter("c", 0).Inc();
            Assert.That(seen.Read(), Has.Length.EqualTo(1));
        }

        Assert.That(seen.Read(), Is.Empty);
    }

    [Test]
    public void Meter_MadeByFactory_IsLeftToItAndSilentAfterDispose()
    {
        var store = new StatsStore(1);
        using var factory = new Factory(store);
        store.Counter("c").Cell(0).Inc();
        var meter = new StatsMeter(store, factory);
        using var seen = new Listener(store);
        Assert.That(seen.Read(), Has.Length.EqualTo(1));
        meter.Dispose();
        meter.Dispose();
        store.Counter("d").Cell(0).Inc();
        Assert.That(seen.Read(), Is.Empty);
    }

    private sealed class Listener : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly List<string> _read = [];

        public Listener(object scope)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == StatsMeter.Name && instrument.Meter.Scope == scope)
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
                _read.Add($"{instrument.Name}{{{string.Join(",", tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}}} {value}"));
            _listener.Start();
        }

        public string[] Read()
        {
            _read.Clear();
            _listener.RecordObservableInstruments();
            return [.. _read.Order(StringComparer.Ordinal)];
        }

        public void Dispose() => _listener.Dispose();
    }

    private sealed class Factory(object scope) : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            options.Scope = scope;
            var meter = new Meter(options);
            _meters.Add(meter);
            return meter;
        }

        public void Dispose() => _meters.ForEach(meter => meter.Dispose());
    }
}
