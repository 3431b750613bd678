using Envoy.Filters.Common.Rbac;

namespace Envoy.Filters.Http.Rbac;

/// <summary>Compiled rules of the filter, or of a part of a route table. Immutable.</summary>
internal sealed class HttpRbacRules(HttpRbacOptions options)
{
    public RbacEngine? Rules { get; } = RbacEngine.Compile(options.Rules);

    public RbacEngine? Shadow { get; } = RbacEngine.Compile(options.ShadowRules);

    public bool PerPolicy => options.TrackPerRuleStats;
}
