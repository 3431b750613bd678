namespace Envoy.Fuzz.Engine;

/// <summary>Something that takes bytes from strangers, and the rules that hold whatever they are. Used by one thread.</summary>
internal interface IFuzzTarget
{
    /// <summary>Its name on the command line.</summary>
    string Name { get; }

    /// <summary>What inputs are made of: from code, and from the corpora where they lie beside the repository.</summary>
    IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>Pieces that mean something to it, to be put into inputs.</summary>
    IReadOnlyList<byte[]> Words { get; }

    /// <summary>No input is longer.</summary>
    int MostBytes { get; }

    /// <summary>Runs one input. Throws when a rule does not hold; any other exception is a fault, too.</summary>
    /// <returns>A number for the way the input took: inputs that went a new way are kept and mutated further.</returns>
    ulong Run(ReadOnlySpan<byte> input);
}
