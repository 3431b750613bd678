using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;

namespace Envoy.Filters.Http.Buffer;

/// <summary>
/// Options of <c>envoy.filters.http.buffer</c>, which lets a request go on only when all of it has come, so that the upstream is not kept
/// waiting by a slow client and learns the body's length. Immutable.
/// </summary>
public sealed record BufferOptions : HttpFilterOptions
{
    internal static readonly FieldTable<BufferOptions> Fields = new FieldTable<BufferOptions>("envoy.extensions.filters.http.buffer.v3.Buffer", new BufferOptions())
        .Number("max_request_bytes", o => o.MaxRequestBytes, (o, v) => o with { MaxRequestBytes = v }, least: 1, required: true);

    /// <summary>The longest body, in bytes, 1 or more; a longer one is answered with 413. To be set.</summary>
    public uint MaxRequestBytes { get; init; }

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (MaxRequestBytes == 0 && !validation.IsRefused(this, "max_request_bytes"))
            validation.Error(this, "max_request_bytes", "must be at least 1");
    }

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new BufferFilter.Snapshot(this);
}
