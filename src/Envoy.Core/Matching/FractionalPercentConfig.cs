namespace Envoy.Matching;

/// <summary>What a fraction's numerator counts (<c>FractionalPercent.DenominatorType</c>).</summary>
public enum FractionalPercentDenominator
{
    /// <summary>Hundredths. The default.</summary>
    Hundred,

    /// <summary>Ten-thousandths.</summary>
    TenThousand,

    /// <summary>Millionths.</summary>
    Million,
}

/// <summary>A share (<c>envoy.type.v3.FractionalPercent</c>). Immutable.</summary>
/// <param name="Numerator">How many of the denominator; more than it is all.</param>
/// <param name="Denominator">What it counts. Default hundredths.</param>
public sealed record FractionalPercentConfig(uint Numerator, FractionalPercentDenominator Denominator = FractionalPercentDenominator.Hundred)
{
    /// <summary>The denominator as a number.</summary>
    internal uint Whole => Denominator switch
    {
        FractionalPercentDenominator.TenThousand => 10_000,
        FractionalPercentDenominator.Million => 1_000_000,
        _ => 100,
    };
}

/// <summary>A share that a runtime key may change (<c>core.v3.RuntimeFractionalPercent</c>). Immutable.</summary>
/// <param name="DefaultValue">The share while the key is not set.</param>
/// <param name="RuntimeKey">The key; empty (default): none.</param>
public sealed record RuntimeFractionConfig(FractionalPercentConfig DefaultValue, string RuntimeKey = "");
