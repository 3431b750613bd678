using System.Text;
using Envoy.Buffers;
using Envoy.Extensions;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;
using Envoy.Filters.Http.GrpcJsonTranscoder.Json;
using Envoy.Filters.Http.GrpcJsonTranscoder.Paths;
using Envoy.Protos;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>Requests by method, path and body, without a proxy.</summary>
internal sealed class Mapping
{
    private readonly TranscoderSnapshot _config;
    private readonly RequestMatcher _matcher = new();
    private readonly JsonToProto _reader = new();

    public Mapping(GrpcJsonTranscoderOptions? options = null) => _config = TranscoderSnapshot.Compile(options ?? Options());

    /// <summary>What the last request was not.</summary>
    public string Error { get; private set; } = "";

    public RequestMatcher.Outcome Outcome { get; private set; }

    public string? Method { get; private set; }

    public UnknownParameters Unknown { get; } = new();

    public static GrpcJsonTranscoderOptions Options(byte[]? descriptors = null, params string[] services) => new()
    {
        ProtoDescriptor = ValueList.From(descriptors ?? DescriptorSets.All),
        Services = ValueList.From(services.Length > 0 ? services : ["envoy.test.Shop"]),
    };

    /// <summary>A service of one method for each rule, whose requests are <see cref="Protos.Shop.Item"/> or what is given.</summary>
    public static GrpcJsonTranscoderOptions WithRules(params (string Method, string Template)[] rules)
    {
        var service = new ServiceDescriptorProto { Name = "Made" };
        for (var i = 0; i < rules.Length; i++)
        {
            var options = new MethodOptions();
            options.SetExtension(Protos.Api.AnnotationsExtensions.Http, rules[i].Method switch
            {
                "GET" => new Protos.Api.HttpRule { Get = rules[i].Template },
                "POST" => new Protos.Api.HttpRule { Post = rules[i].Template },
                _ => new Protos.Api.HttpRule { Custom = new Protos.Api.CustomHttpPattern { Kind = rules[i].Method, Path = rules[i].Template } },
            });
            service.Method.Add(new MethodDescriptorProto { Name = "M" + i, InputType = ".envoy.test.Item", OutputType = ".envoy.test.Item", Options = options });
        }

        var set = FileDescriptorSet.Parser.ParseFrom(DescriptorSets.All);
        set.File.Add(new FileDescriptorProto { Name = "made.proto", Package = "made", Syntax = "proto3", Service = { service } });
        return Options(set.ToByteArray(), "made.Made");
    }

    /// <summary>The gRPC method of a request; null: none.</summary>
    public string? Find(string method, string target)
    {
        Unknown.Clear();
        Outcome = _matcher.Match(_config, Encoding.Latin1.GetBytes(method), Encoding.Latin1.GetBytes(target), new BindingTree(), Unknown, out var rule);
        Error = Outcome == RequestMatcher.Outcome.Found ? "" : _matcher.Error;
        return Method = Outcome == RequestMatcher.Outcome.Found ? rule!.Method.Name : null;
    }

    /// <summary>The message of a request; null: there is none.</summary>
    public T? Request<T>(string method, string target, string body = "")
        where T : class, IMessage<T>, new()
    {
        var bindings = new BindingTree();
        Unknown.Clear();
        Outcome = _matcher.Match(_config, Encoding.Latin1.GetBytes(method), Encoding.Latin1.GetBytes(target), bindings, Unknown, out var rule);
        if (Outcome != RequestMatcher.Outcome.Found)
        {
            Error = _matcher.Error;
            return null;
        }

        Method = rule!.Method.Name;
        if (!_reader.TryConvert(_config.Json, rule.Method.Input, rule.Body, Encoding.UTF8.GetBytes(body), bindings))
        {
            Error = _reader.Error;
            return null;
        }

        var sink = new ByteSink();
        _reader.Output.CopyTo(sink);
        var message = new T();
        message.MergeFrom(sink.Written.ToArray());
        // A reader that does not merge messages that come in parts sees all of it, too: every field is there once.
        var reader = new WireReader(sink.Written);
        var seen = new HashSet<int>();
        while (reader.TryReadTag(out var number, out var type) && reader.TrySkip(number, type))
            Assert.That(seen.Add(number) || message.Descriptor.FindFieldByNumber(number).IsRepeated, Is.True, $"field {number} is there twice");
        return message;
    }
}
