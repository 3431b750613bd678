using Envoy.Routing;

namespace Envoy.Filters.Http.Fault;

/// <summary>The fault filter's options for a part of a route table, which take the place of its own; runtime keys do not count there. Immutable.</summary>
/// <param name="Fault">The options.</param>
public sealed record FaultRouteOptions(FaultOptions Fault) : RouteFilterOptions
{
    /// <inheritdoc/>
    protected internal override object Compile()
    {
        var errors = new List<string>();
        var settings = FaultSettings.Compile(Fault, (path, message) => errors.Add($"{path}: {message}"));
        return errors.Count == 0 ? settings : throw new ArgumentException(string.Join("; ", errors));
    }
}
