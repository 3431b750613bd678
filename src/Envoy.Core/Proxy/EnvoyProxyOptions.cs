using System.Diagnostics.Metrics;
using Envoy.Runtime;
using Envoy.Runtime.Memory;
using Envoy.Runtime.Resolver;
using Microsoft.Extensions.Logging;

namespace Envoy.Proxy;

/// <summary>How a proxy runs, as opposed to what it does (<see cref="ProxyConfig"/>). Immutable.</summary>
public sealed record EnvoyProxyOptions
{
    /// <summary>Worker event loops, 1 to 1024. Default: half of the processors, at least one, since the host program needs the others.</summary>
    public int Concurrency { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>How I/O is done. Default <see cref="EngineKind.Auto"/>.</summary>
    public EngineKind Engine { get; init; }

    /// <summary>The clock of every timer and date. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where log messages go. Default null: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Who resolves names; stays the caller's. Default null: a thread of the proxy's own asks the system.</summary>
    public IDnsResolver? DnsResolver { get; init; }

    /// <summary>Makes the meter that publishes the statistics to <c>System.Diagnostics.Metrics</c>. Default null: they are not published there.</summary>
    public IMeterFactory? MeterFactory { get; init; }

    /// <summary>Where in-memory addresses live; share one between proxies that are to meet. Default null: one of the proxy's own.</summary>
    public MemoryNetwork? MemoryNetwork { get; init; }

    /// <summary>
    /// How long lines of an access log may wait for 64 KiB to come together before they are written; above zero. Default 10 s, as Envoy's
    /// <c>--file-flush-interval-msec</c>.
    /// </summary>
    public TimeSpan FileFlushInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Seeds every random choice, so that a test can repeat it. Default null: unpredictable.</summary>
    public int? RandomSeed { get; init; }

    internal void Validate()
    {
        if (Concurrency is < 1 or > 1024)
            throw new ArgumentOutOfRangeException(nameof(Concurrency), Concurrency, "Concurrency is 1 to 1024.");
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(FileFlushInterval, TimeSpan.Zero);
    }
}
