using System.Text;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;
using Envoy.Filters.Http.GrpcJsonTranscoder.Json;
using Envoy.Filters.Http.GrpcJsonTranscoder.Paths;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>The filter's options, compiled: types, path templates, how JSON is read and written. Immutable.</summary>
internal sealed class TranscoderSnapshot
{
    private readonly Utf8Table<string> _ignored = new();

    private TranscoderSnapshot(GrpcJsonTranscoderOptions options, ProtoTypes types)
    {
        Options = options;
        Types = types;
        var print = options.PrintOptions;
        Print = new PrintSettings(print.AddWhitespace, print.AlwaysPrintPrimitiveFields, print.AlwaysPrintEnumsAsInts, print.PreserveProtoFieldNames);
        Json = new JsonToProtoSettings(types, options.CaseInsensitiveEnumParsing, options.RequestValidationOptions.RejectBindingBodyFieldCollisions);
        foreach (var name in options.IgnoredQueryParameters)
            _ = _ignored.TryAdd(Encoding.UTF8.GetBytes(name), name);
        Status = StatusType(types);
    }

    public GrpcJsonTranscoderOptions Options { get; }

    /// <summary>There are no services: everything passes.</summary>
    public bool IsDisabled => Options.Services.Count == 0;

    public ProtoTypes Types { get; }

    public PathTree Paths { get; } = new();

    public PrintSettings Print { get; }

    public JsonToProtoSettings Json { get; }

    /// <summary><c>google.rpc.Status</c>, which the set need not have.</summary>
    public ProtoMessage Status { get; }

    /// <exception cref="ArgumentException">The descriptor set, a service or a rule is wrong.</exception>
    public static TranscoderSnapshot Compile(GrpcJsonTranscoderOptions options)
    {
        ProtoTypes types;
        try
        {
            // Without services nobody asks for types, and Envoy does not look.
            types = ProtoTypes.Read(options.Services.Count == 0 ? default : options.ProtoDescriptor.AsSpan());
        }
        catch (DescriptorFormatException e)
        {
            throw new ArgumentException("the proto descriptor cannot be read: " + e.Message, e);
        }

        var snapshot = new TranscoderSnapshot(options, types);
        foreach (var name in options.Services)
        {
            var methods = types.FindService(name) ?? throw new ArgumentException($"could not find '{name}' in the proto descriptor");
            foreach (var method in methods)
            {
                if ((method.Rule ?? (options.AutoMapping ? AutoRule(method) : null)) is { } rule)
                    snapshot.Add(method, rule);
            }
        }

        return snapshot;
    }

    public bool IsIgnored(ReadOnlySpan<byte> parameter) => _ignored.Find(parameter) is not null;

    private static HttpRule AutoRule(ProtoMethod method) => new() { Method = "POST", Template = $"/{method.Service}/{method.Name}", Body = "*" };

    private void Add(ProtoMethod method, HttpRule rule)
    {
        // A rule may be without a pattern of its own and have additional bindings.
        foreach (var binding in (HttpRule[])[rule, .. rule.AdditionalBindings])
        {
            if (binding.Method.Length == 0)
                continue;
            var template = PathTemplate.Parse(binding.Template) ?? throw new ArgumentException($"cannot register '{method.FullName}': '{binding.Template}' is no path template");
            var body = FindField(method, method.Input, "body", binding.Body);
            // http.proto: where the response is one field is said once for all bindings.
            var responseBody = FindField(method, method.Output, "response_body", binding.ResponseBody.Length > 0 ? binding.ResponseBody : rule.ResponseBody);
            if (body.SkipLast(1).Any(f => f.IsRepeated || f.Kind == ProtoKind.Group))
                throw new ArgumentException($"cannot register '{method.FullName}': body '{binding.Body}' leads through a repeated field");
            Paths.Add(binding.Method, template, new PathRule(method, body, responseBody, template.Variables));
        }
    }

    private static ProtoField[] FindField(ProtoMethod method, ProtoMessage message, string option, string path) =>
        ProtoTypes.FindPath(message, path == "*" ? "" : path, out var error)
            ?? throw new ArgumentException($"cannot register '{method.FullName}': {option}: {error}");

    // google/rpc/status.proto
    private static ProtoMessage StatusType(ProtoTypes types)
    {
        if (types.FindMessage("google.rpc.Status") is { } known)
            return known;
        var any = types.FindMessage("google.protobuf.Any");
        if (any is null)
        {
            any = new ProtoMessage("google.protobuf.Any");
            _ = any.TryAdd(new ProtoField("type_url", "typeUrl", 1, ProtoKind.String));
            _ = any.TryAdd(new ProtoField("value", "value", 2, ProtoKind.Bytes));
            any.Complete();
        }

        var status = new ProtoMessage("google.rpc.Status");
        _ = status.TryAdd(new ProtoField("code", "code", 1, ProtoKind.Int32));
        _ = status.TryAdd(new ProtoField("message", "message", 2, ProtoKind.String));
        _ = status.TryAdd(new ProtoField("details", "details", 3, ProtoKind.Message) { IsRepeated = true, Message = any });
        status.Complete();
        return status;
    }
}
