using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.Listeners.Filters;

namespace Envoy.Filters.Listener.OriginalSrc;

/// <summary>
/// Options of <c>envoy.filters.listener.original_src</c>: upstream connections come from the client's address, as told by a PROXY header where a filter
/// before it has read one, with any port. Needs Linux, <c>CAP_NET_ADMIN</c>, and routes that bring the answers back here; without the privilege
/// connections to hosts fail (<c>cluster.NAME.bind_errors</c>). Clients share upstream connections only with those of their address. Connections of
/// clients without an IP address, and to hosts without one, are as without the filter. Immutable.
/// </summary>
public sealed record OriginalSrcOptions : ListenerFilterOptions
{
    internal static readonly FieldTable<OriginalSrcOptions> Fields = new FieldTable<OriginalSrcOptions>(
            "envoy.extensions.filters.listener.original_src.v3.OriginalSrc", new OriginalSrcOptions())
        .Number("mark", o => o.Mark, (o, v) => o with { Mark = v })
        .NotYet("bind_port=false");

    /// <summary>What the kernel's routing knows the upstream connections by (SO_MARK); 0 (default): nothing (<c>mark</c>).</summary>
    public uint Mark { get; init; }

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (!OperatingSystem.IsLinux())
            validation.NotSupported(this, "", "'envoy.filters.listener.original_src' needs Linux: no other system lets a connection come from another machine's address");
    }

    /// <inheritdoc/>
    protected internal override IListenerFilterSnapshot Compile(FilterCompileContext context) => new OriginalSrcFilter.Factory(Mark);
}
