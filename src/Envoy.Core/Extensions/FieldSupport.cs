namespace Envoy.Extensions;

/// <summary>What becomes of a message's field.</summary>
public enum FieldSupport
{
    /// <summary>Read into the record.</summary>
    Supported,

    /// <summary>Envoy has it, this version does not: an error, unless it holds the value that it has when it is not there.</summary>
    NotYet,

    /// <summary>Taken without effect: only what is itself not supported (and refused) would read it.</summary>
    Inert,
}
