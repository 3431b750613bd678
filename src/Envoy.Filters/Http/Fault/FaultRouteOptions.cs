using Envoy.Extensions;
using Envoy.Routing;

namespace Envoy.Filters.Http.Fault;

/// <summary>The fault filter's options for a part of a route table: they count instead of the filter's own. Immutable.</summary>
/// <param name="Fault">The same message as the filter's own.</param>
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
