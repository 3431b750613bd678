using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.Listeners.Filters;

namespace Envoy.Filters.Listener.TlsInspector;

/// <summary>
/// Options of <c>envoy.filters.listener.tls_inspector</c>, which reads the client's first message: whether it is TLS, which server it asks for, and
/// which protocols it offers. Immutable.
/// </summary>
public sealed record TlsInspectorOptions : ListenerFilterOptions
{
    /// <summary>The largest first message, in bytes, that Envoy takes: 16 KiB.</summary>
    internal const int MostClientHello = 16 * 1024;

    internal static readonly FieldTable<TlsInspectorOptions> Fields = new FieldTable<TlsInspectorOptions>(
            "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", new TlsInspectorOptions())
        .Bool("enable_ja3_fingerprinting", o => o.EnableJa3Fingerprinting, (o, v) => o with { EnableJa3Fingerprinting = v })
        .Bool("enable_ja4_fingerprinting", o => o.EnableJa4Fingerprinting, (o, v) => o with { EnableJa4Fingerprinting = v })
        .Number31("max_client_hello_size", o => o.MaxClientHelloSize, (o, v) => o with { MaxClientHelloSize = v }, 256, MostClientHello)
        .Bool("close_connection_on_client_hello_parsing_errors", o => o.CloseConnectionOnClientHelloParsingErrors, (o, v) => o with { CloseConnectionOnClientHelloParsingErrors = v })

        // How much Envoy asks the system for at first; here what has come is looked at, however much it is.
        .Inert("initial_read_buffer_size");

    /// <summary>Take the JA3 fingerprint, for access logs. Default false.</summary>
    public bool EnableJa3Fingerprinting { get; init; }

    /// <summary>Take the JA4 fingerprint, for access logs. Default false.</summary>
    public bool EnableJa4Fingerprinting { get; init; }

    /// <summary>A client whose first message is larger, in bytes, is closed. Default, and at most, 16 KiB.</summary>
    public int MaxClientHelloSize { get; init; } = MostClientHello;

    /// <summary>Close what is no TLS, or broken TLS, instead of passing it on as plain. Default false.</summary>
    public bool CloseConnectionOnClientHelloParsingErrors { get; init; }

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (MaxClientHelloSize is < 256 or > MostClientHello)
            validation.Error(this, "max_client_hello_size", $"must be 256 to {MostClientHello}, not {MaxClientHelloSize}");
    }

    /// <inheritdoc/>
    protected internal override IListenerFilterSnapshot Compile(FilterCompileContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new TlsInspectorFilter.Snapshot(this, context.Stats);
    }
}
