using Envoy.Extensions;
using Envoy.Routing;

namespace Envoy.Filters.Http.Buffer;

/// <summary>The buffer filter's options for a part of a route table: another limit, or none of it. Immutable.</summary>
public sealed record BufferRouteOptions : RouteFilterOptions
{
    internal static readonly FieldTable<BufferRouteOptions> Fields = new FieldTable<BufferRouteOptions>(
            "envoy.extensions.filters.http.buffer.v3.BufferPerRoute", new BufferRouteOptions())
        .Bool("disabled", o => o.Disabled ? true : null, (o, v) => o with { Disabled = v })
        .Message("buffer", o => o.Buffer, (o, v) => o with { Buffer = v }, BufferOptions.Fields)
        .OneOf(required: true, "disabled", "buffer")
        .Check((options, node, context) =>
        {
            if (!options.Disabled && node.Find("disabled") is { } disabled && !context.HasErrors)
                context.Error(disabled, "value must equal true", "leave it out, or write a buffer");
        });

    /// <summary>Requests pass as they come. Default false.</summary>
    public bool Disabled { get; init; }

    /// <summary>What counts instead of the filter's own options; null (default) where it is disabled.</summary>
    public BufferOptions? Buffer { get; init; }

    /// <inheritdoc/>
    protected internal override object Compile() =>
        !Disabled && Buffer is not { MaxRequestBytes: > 0 } ? throw new ArgumentException("needs disabled, or a buffer with max_request_bytes above 0") : this;
}
