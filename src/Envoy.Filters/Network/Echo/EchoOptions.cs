using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;

namespace Envoy.Filters.Network.Echo;

/// <summary>Options of <c>envoy.filters.network.echo</c>, which sends back what it receives. It has none. Immutable.</summary>
public sealed record EchoOptions : NetworkFilterOptions
{
    internal static readonly FieldTable<EchoOptions> Fields = new("envoy.extensions.filters.network.echo.v3.Echo", new EchoOptions());

    /// <inheritdoc/>
    public override bool IsTerminal => true;

    /// <inheritdoc/>
    protected internal override INetworkFilterSnapshot Compile(FilterCompileContext context) => new EchoFilter.Factory();
}
