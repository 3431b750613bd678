using Microsoft.Extensions.Logging;

namespace Envoy.Runtime;

/// <summary>What every worker of a proxy is made with. Immutable.</summary>
internal sealed record WorkerOptions
{
    public required Engine Engine { get; init; }

    public required TimeProvider TimeProvider { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Seeds the workers' random sources; null: unpredictable.</summary>
    public int? Seed { get; init; }
}
