namespace Envoy.Stats;

/// <summary>
/// The log-linear buckets of Circonus's histograms, which Envoy uses: two significant decimal digits, so ninety buckets a decade, and one
/// bucket for zero. A value is off by less than ten percent. Immutable.
/// </summary>
internal static class LogLinearBuckets
{
    /// <summary>Buckets of one power of ten: leading digits 10 to 99.</summary>
    public const int PerDecade = 90;

    /// <summary>Powers of ten up to that of <see cref="long.MaxValue"/>, 9.2e18.</summary>
    public const int Decades = 19;

    /// <summary>All buckets; index 0 is the value zero's.</summary>
    public const int Count = 1 + (Decades * PerDecade);

    private static readonly double[] PowersOfTen =
        [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

    /// <summary>Finds the decade and the place in it of a value above zero.</summary>
    public static int Decade(long value, out int place)
    {
        if (value < 10)
        {
            place = ((int)value * 10) - 10;
            return 0;
        }

        var decade = 1;
        while (value >= 100)
        {
            value /= 10;
            decade++;
        }

        place = (int)value - 10;
        return decade;
    }

    /// <summary>The least value of a bucket.</summary>
    public static double Lower(int bucket)
    {
        if (bucket == 0)
            return 0;
        var (decade, place) = Math.DivRem(bucket - 1, PerDecade);
        return (place + 10) / 10.0 * PowersOfTen[decade];
    }

    /// <summary>The distance from a bucket's least value to the next bucket's.</summary>
    public static double Width(int bucket) => bucket == 0 ? 0 : PowersOfTen[(bucket - 1) / PerDecade] / 10.0;

    /// <summary>
    /// The value that stands for all of a bucket's when they are summed: the point that makes the relative error the same towards both ends.
    /// </summary>
    public static double Middle(int bucket)
    {
        if (bucket == 0)
            return 0;
        var lower = Lower(bucket);
        var width = Width(bucket);
        return lower + (width * (lower / (lower + (lower + width))));
    }
}
