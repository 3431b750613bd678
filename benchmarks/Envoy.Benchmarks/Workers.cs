using Envoy.Runtime;
using Envoy.Runtime.Memory;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Benchmarks;

/// <summary>Makes the workers that the benchmarks need.</summary>
internal static class Workers
{
    public static Worker NotStarted() => new(0, "benchmark", new WorkerOptions
    {
        Engine = Engines.Select(EngineKind.Auto, new MemoryNetwork()),
        TimeProvider = TimeProvider.System,
        Logger = NullLogger.Instance,
        Seed = 1,
    });
}
