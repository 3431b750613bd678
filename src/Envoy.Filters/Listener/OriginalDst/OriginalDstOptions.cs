using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.Listeners.Filters;

namespace Envoy.Filters.Listener.OriginalDst;

/// <summary>
/// Options of <c>envoy.filters.listener.original_dst</c>, which restores where a connection was going before a packet filter (<c>iptables</c>' REDIRECT
/// or TPROXY) sent it here. Needs Linux; a connection that nobody redirected stays as it is. It has none. Immutable.
/// </summary>
public sealed record OriginalDstOptions : ListenerFilterOptions
{
    internal static readonly FieldTable<OriginalDstOptions> Fields = new("envoy.extensions.filters.listener.original_dst.v3.OriginalDst", new OriginalDstOptions());

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (!OperatingSystem.IsLinux())
            validation.NotSupported(this, "", "'envoy.filters.listener.original_dst' needs Linux: no other system tells where a connection was going");
    }

    /// <inheritdoc/>
    protected internal override IListenerFilterSnapshot Compile(FilterCompileContext context) => OriginalDstFilter.Factory.Instance;
}
