namespace Envoy.Fuzz.Engine;

/// <summary>A rule that does not hold for an input.</summary>
internal sealed class FuzzFailure(string message) : Exception(message)
{
    /// <summary>Fails unless <paramref name="holds"/>.</summary>
    public static void Unless(bool holds, string rule)
    {
        if (!holds)
            throw new FuzzFailure(rule);
    }
}
