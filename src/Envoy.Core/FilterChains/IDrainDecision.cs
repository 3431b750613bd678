namespace Envoy.FilterChains;

/// <summary>Tells filters whether to end their connections at the next good moment. Thread-safe.</summary>
internal interface IDrainDecision
{
    /// <summary>True: finish what is under way and close.</summary>
    bool IsDraining { get; }
}
