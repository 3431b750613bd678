using Envoy.Matching;
using Envoy.RuntimeSettings;

namespace Envoy.Routing;

/// <summary>Decides whether a request belongs to a share that a runtime key may change.</summary>
internal static class Fractions
{
    public static bool IsMet(RuntimeFractionConfig fraction, RuntimeSnapshot runtime, ulong random) =>
        runtime.FeatureEnabled(fraction.RuntimeKey, fraction.DefaultValue.Numerator, fraction.DefaultValue.Whole, random);
}
