using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>
/// Changes to the headers of requests and responses (<c>request_headers_to_add</c> and its three siblings); what is removed goes before what
/// is added comes. Immutable.
/// </summary>
public sealed record HeaderMutationsConfig
{
    /// <summary>No change.</summary>
    public static HeaderMutationsConfig None { get; } = new();

    /// <summary>Added to requests, in order. Default: none.</summary>
    public ValueList<HeaderValueOptionConfig> RequestHeadersToAdd { get; init; } = [];

    /// <summary>Taken off requests. Default: none.</summary>
    public ValueList<string> RequestHeadersToRemove { get; init; } = [];

    /// <summary>Added to responses, in order. Default: none.</summary>
    public ValueList<HeaderValueOptionConfig> ResponseHeadersToAdd { get; init; } = [];

    /// <summary>Taken off responses. Default: none.</summary>
    public ValueList<string> ResponseHeadersToRemove { get; init; } = [];
}

/// <summary>What happens where the header is there already (<c>HeaderValueOption.HeaderAppendAction</c>).</summary>
public enum HeaderAppendAction
{
    /// <summary>Another one is added. The default.</summary>
    AppendIfExistsOrAdd,

    /// <summary>Nothing, it stays.</summary>
    AddIfAbsent,

    /// <summary>It is replaced; where it is not there it is added.</summary>
    OverwriteIfExistsOrAdd,

    /// <summary>It is replaced; where it is not there nothing happens.</summary>
    OverwriteIfExists,
}

/// <summary>One header to add (<c>core.v3.HeaderValueOption</c>). Immutable.</summary>
/// <param name="Name">Any name but <c>host</c> and those that begin with a colon.</param>
/// <param name="Value">The value, in which <c>%OPERATORS%</c> stand for what they name; a percent sign is written twice.</param>
public sealed record HeaderValueOptionConfig(string Name, string Value)
{
    /// <summary>Default append.</summary>
    public HeaderAppendAction AppendAction { get; init; }

    /// <summary>Add it even if its value comes out empty. Default false.</summary>
    public bool KeepEmptyValue { get; init; }
}
