using System.Text;
using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;

namespace Envoy.Filters.Network.DirectResponse;

/// <summary>
/// Options of <c>envoy.filters.network.direct_response</c>, which sends some bytes to a new connection and closes it. Immutable.
/// </summary>
public sealed record DirectResponseOptions : NetworkFilterOptions
{
    internal static readonly FieldTable<DirectResponseOptions> Fields = new FieldTable<DirectResponseOptions>(
            "envoy.extensions.filters.network.direct_response.v3.Config", new DirectResponseOptions())
        .Message("response", "DataSource", o => o.Response, (o, v) => o with { Response = v }, DataSourceReader.TryRead);

    /// <summary>The bytes; a file named in YAML is read when the configuration is. Default: none.</summary>
    public ValueList<byte> Response { get; init; } = [];

    /// <inheritdoc/>
    public override bool IsTerminal => true;

    /// <summary>Options that answer with <paramref name="text"/> in UTF-8.</summary>
    public static DirectResponseOptions FromText(string text) => new() { Response = ValueList.Create<byte>(Encoding.UTF8.GetBytes(text)) };

    /// <inheritdoc/>
    protected internal override INetworkFilterSnapshot Compile(FilterCompileContext context) => new DirectResponseFilter.Factory(Response.AsSpan().ToArray());
}
