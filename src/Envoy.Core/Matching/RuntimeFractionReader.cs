using Envoy.Extensions;

namespace Envoy.Matching;

/// <summary>Reads <c>envoy.type.v3.FractionalPercent</c> and <c>envoy.config.core.v3.RuntimeFractionalPercent</c>. Thread-safe.</summary>
internal static class RuntimeFractionReader
{
    private static readonly EnumNames<FractionalPercentDenominator> Denominators = new EnumNames<FractionalPercentDenominator>("DenominatorType")
        .Add("HUNDRED", 0, FractionalPercentDenominator.Hundred)
        .Add("TEN_THOUSAND", 1, FractionalPercentDenominator.TenThousand)
        .Add("MILLION", 2, FractionalPercentDenominator.Million);

    private static readonly FieldTable<FractionalPercentConfig> Percent = new FieldTable<FractionalPercentConfig>("envoy.type.v3.FractionalPercent", new FractionalPercentConfig(0))
        .Number("numerator", p => p.Numerator, (p, v) => p with { Numerator = v })
        .Enum("denominator", p => p.Denominator, (p, v) => p with { Denominator = v }, Denominators);

    private static readonly FieldTable<RuntimeFractionConfig> Fields = new FieldTable<RuntimeFractionConfig>(
            "envoy.config.core.v3.RuntimeFractionalPercent", new RuntimeFractionConfig(new FractionalPercentConfig(0)))
        .Message("default_value", f => f.DefaultValue, (f, v) => f with { DefaultValue = v }, Percent, required: true)
        .Text("runtime_key", f => f.RuntimeKey, (f, v) => f with { RuntimeKey = v });

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out RuntimeFractionConfig value) => Fields.TryRead(node, context, out value);

    public static bool TryReadPercent(ConfigNode node, ConfigReadContext context, out FractionalPercentConfig value) => Percent.TryRead(node, context, out value);
}
