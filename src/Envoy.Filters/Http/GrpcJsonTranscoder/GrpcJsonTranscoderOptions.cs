using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Filters.Http.GrpcJsonTranscoder.Paths;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>
/// Options of <c>envoy.filters.http.grpc_json_transcoder</c>, which lets clients that speak JSON over HTTP call gRPC services: the mapping is
/// in the services' descriptors (<c>google.api.http</c>). Immutable.
/// </summary>
public sealed record GrpcJsonTranscoderOptions : HttpFilterOptions
{
    // Sets with all their comments are some megabytes; a larger file is surely none.
    private const int MostDescriptorBytes = 64 * 1024 * 1024;

    private static readonly EnumNames<UrlUnescapeSpec> UnescapeSpecs = new EnumNames<UrlUnescapeSpec>("UrlUnescapeSpec")
        .Add("ALL_CHARACTERS_EXCEPT_RESERVED", 0, UrlUnescapeSpec.AllCharactersExceptReserved)
        .Add("ALL_CHARACTERS_EXCEPT_SLASH", 1, UrlUnescapeSpec.AllCharactersExceptSlash)
        .Add("ALL_CHARACTERS", 2, UrlUnescapeSpec.AllCharacters);

    internal static readonly FieldTable<GrpcJsonTranscoderOptions> Fields = new FieldTable<GrpcJsonTranscoderOptions>(
            "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder", new GrpcJsonTranscoderOptions())
        .Add(new ConfigField("proto_descriptor", "string", FieldSupport.Supported), _ => null, (GrpcJsonTranscoderOptions o, ValueList<byte> v) => o with { ProtoDescriptor = v }, ReadFile)
        .Add(new ConfigField("proto_descriptor_bin", "bytes", FieldSupport.Supported), o => o.ProtoDescriptor, (o, v) => o with { ProtoDescriptor = v }, (ConfigValueReader<ValueList<byte>>)ConfigValues.ReadBytes)
        .List("services", "string", o => o.Services, (o, v) => o with { Services = v }, (ConfigValueReader<string>)ConfigValues.ReadString)
        .Message("print_options", o => o.PrintOptions, (o, v) => o with { PrintOptions = v }, TranscoderPrintOptions.Fields)
        .Bool("match_incoming_request_route", o => o.MatchIncomingRequestRoute, (o, v) => o with { MatchIncomingRequestRoute = v })
        .List("ignored_query_parameters", "string", o => o.IgnoredQueryParameters, (o, v) => o with { IgnoredQueryParameters = v }, (ConfigValueReader<string>)ConfigValues.ReadString)
        .Bool("auto_mapping", o => o.AutoMapping, (o, v) => o with { AutoMapping = v })
        .Bool("ignore_unknown_query_parameters", o => o.IgnoreUnknownQueryParameters, (o, v) => o with { IgnoreUnknownQueryParameters = v })
        .Bool("convert_grpc_status", o => o.ConvertGrpcStatus, (o, v) => o with { ConvertGrpcStatus = v })
        .Enum("url_unescape_spec", o => o.UrlUnescapeSpec, (o, v) => o with { UrlUnescapeSpec = v }, UnescapeSpecs)
        .Message("request_validation_options", o => o.RequestValidationOptions, (o, v) => o with { RequestValidationOptions = v }, TranscoderRequestValidationOptions.Fields)
        .Bool("query_param_unescape_plus", o => o.QueryParamUnescapePlus, (o, v) => o with { QueryParamUnescapePlus = v })
        .Bool("match_unregistered_custom_verb", o => o.MatchUnregisteredCustomVerb, (o, v) => o with { MatchUnregisteredCustomVerb = v })
        .Bool("case_insensitive_enum_parsing", o => o.CaseInsensitiveEnumParsing, (o, v) => o with { CaseInsensitiveEnumParsing = v })
        .Number("max_request_body_size", o => o.MaxRequestBodySize, (o, v) => o with { MaxRequestBodySize = v }, least: 1)
        .Number("max_response_body_size", o => o.MaxResponseBodySize, (o, v) => o with { MaxResponseBodySize = v }, least: 1)
        .Bool("capture_unknown_query_parameters", o => o.CaptureUnknownQueryParameters, (o, v) => o with { CaptureUnknownQueryParameters = v })
        .OneOf(required: true, "proto_descriptor", "proto_descriptor_bin");

    /// <summary>
    /// The services' descriptor set (<c>google.protobuf.FileDescriptorSet</c>, with its imports), in a file's bytes. To be set where there are
    /// services.
    /// </summary>
    public ValueList<byte> ProtoDescriptor { get; init; } = [];

    /// <summary>The full names of the services that are offered; without any, the filter does nothing. Default none.</summary>
    public ValueList<string> Services { get; init; } = [];

    /// <summary>How responses are written.</summary>
    public TranscoderPrintOptions PrintOptions { get; init; } = new();

    /// <summary>The route found for the client's own path is kept. Default false: it is looked for anew with the gRPC path.</summary>
    public bool MatchIncomingRequestRoute { get; init; }

    /// <summary>Query parameters that are passed over. Default none.</summary>
    public ValueList<string> IgnoredQueryParameters { get; init; } = [];

    /// <summary>Methods without the option are offered too: <c>POST /package.Service/Method</c> with the request as body. Default false.</summary>
    public bool AutoMapping { get; init; }

    /// <summary>Query parameters that are for no field are passed over. Default false: such a request is not transcoded.</summary>
    public bool IgnoreUnknownQueryParameters { get; init; }

    /// <summary>An error's status becomes a JSON body (<c>google.rpc.Status</c>). Default false.</summary>
    public bool ConvertGrpcStatus { get; init; }

    /// <summary>What is decoded in path variables of several segments. Default all but reserved characters.</summary>
    public UrlUnescapeSpec UrlUnescapeSpec { get; init; }

    /// <summary>What is answered instead of being passed on.</summary>
    public TranscoderRequestValidationOptions RequestValidationOptions { get; init; } = new();

    /// <summary>A plus sign in the query's values means a space. Default false.</summary>
    public bool QueryParamUnescapePlus { get; init; }

    /// <summary>What stands behind a path's last colon is a verb, even one that no template has. Default false.</summary>
    public bool MatchUnregisteredCustomVerb { get; init; }

    /// <summary>Names of enum values count in any case. Default false.</summary>
    public bool CaseInsensitiveEnumParsing { get; init; }

    /// <summary>The longest request that is kept to be converted, in bytes, 1 or more; a longer one gets 413. Null (default): the stream's buffer limit.</summary>
    public uint? MaxRequestBodySize { get; init; }

    /// <summary>The longest response that is kept to be converted, in bytes, 1 or more; a longer one becomes 500. Null (default): the stream's buffer limit.</summary>
    public uint? MaxResponseBodySize { get; init; }

    /// <summary>Query parameters that are for no field go into an extension of the request's <c>HttpBody</c>. Default false.</summary>
    public bool CaptureUnknownQueryParameters { get; init; }

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (validation.IsRefused(this, "proto_descriptor", "proto_descriptor_bin", "services"))
            return;
        try
        {
            _ = TranscoderSnapshot.Compile(this);
        }
        catch (ArgumentException e)
        {
            validation.Error(this, "services", e.Message);
        }
    }

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new GrpcJsonTranscoderFilter.Snapshot(TranscoderSnapshot.Compile(this));

    private static bool ReadFile(ConfigNode node, ConfigReadContext context, out ValueList<byte> value)
    {
        value = [];
        if (!FieldKinds.ReadNonEmpty(node, context, out var path))
            return false;
        try
        {
            // A device or a FIFO has no length, and must not be opened.
            var file = new FileInfo(path);
            if (!file.Exists)
                context.Error(node, $"there is no file '{path}'");
            else if (file.Length is 0 or > MostDescriptorBytes)
                context.Error(node, $"'{path}' is empty, or larger than {MostDescriptorBytes} bytes");
            else
                value = ValueList.Create<byte>(File.ReadAllBytes(path));
            return value.Count > 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            context.Error(node, $"'{path}' cannot be read: {e.Message}");
            return false;
        }
    }
}
