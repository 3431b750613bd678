using Envoy.Extensions;
using Envoy.Net;

namespace Envoy.ConnectionManager;

/// <summary>
/// Reads <c>InternalAddressConfig</c>, and the extensions of <c>envoy.http.original_ip_detection</c>. Thread-safe.
/// </summary>
internal static class ClientAddressReader
{
    public static readonly FieldTable<InternalAddressConfig> Internal = new FieldTable<InternalAddressConfig>(
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.InternalAddressConfig", new InternalAddressConfig())
        .Bool("unix_sockets", a => a.UnixSockets, (a, v) => a with { UnixSockets = v })
        .List("cidr_ranges", a => a.CidrRanges, (a, v) => a with { CidrRanges = v }, CidrRangeReader.Fields);

    private static readonly FieldTable<XffDetectionConfig> TrustedCidrs = new FieldTable<XffDetectionConfig>(
            "envoy.extensions.http.original_ip_detection.xff.v3.XffTrustedCidrs", new XffDetectionConfig())
        .List("cidrs", x => x.TrustedCidrs, (x, v) => x with { TrustedCidrs = v }, CidrRangeReader.Fields);

    private static readonly FieldTable<XffDetectionConfig> Xff = new FieldTable<XffDetectionConfig>(
            "envoy.extensions.http.original_ip_detection.xff.v3.XffConfig", new XffDetectionConfig())
        .Number("xff_num_trusted_hops", x => x.TrustedHops, (x, v) => x with { TrustedHops = v })
        .Inline("xff_trusted_cidrs", TrustedCidrs)
        .Bool("skip_xff_append", x => x.SkipXffAppend, (x, v) => x with { SkipXffAppend = v });

    private static readonly FieldTable<Status> StatusFields = new FieldTable<Status>("envoy.type.v3.HttpStatus", new Status())
        .Number("code", s => s.Code, (s, v) => s with { Code = v }, 100, 599, required: true);

    private static readonly FieldTable<CustomHeaderDetectionConfig> Custom = new FieldTable<CustomHeaderDetectionConfig>(
            "envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig", new CustomHeaderDetectionConfig(""))
        .Text("header_name", c => c.HeaderName, (c, v) => c with { HeaderName = v }, required: true)
        .Bool("allow_extension_to_set_address_as_trusted", c => c.AllowExtensionToSetAddressAsTrusted, (c, v) => c with { AllowExtensionToSetAddressAsTrusted = v })
        .Message("reject_with_status", _ => null, (c, v) => c with { RejectWithStatus = (int)v.Code }, StatusFields);

    public static bool TryReadDetection(ConfigNode node, ConfigReadContext context, out OriginalIpDetectionConfig value)
    {
        value = null!;
        if (!TypedExtensionReader.TryRead(node, context, out var type, out var message, out var typed))
            return false;
        switch (type)
        {
            case "envoy.extensions.http.original_ip_detection.xff.v3.XffConfig":
                value = Xff.Read(message, context);
                return true;
            case "envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig":
                value = Custom.Read(message, context);
                return true;
            default:
                context.Error(typed, $"no way to find a client's address is configured by '{type}'", kind: ConfigErrorKind.Unknown);
                return false;
        }
    }

    private sealed record Status
    {
        public uint Code { get; init; }
    }
}
