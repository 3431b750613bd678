using System.Text;
using Envoy.Buffers;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Paths;

/// <summary>Finds the method that a request asks for, and what its path and query say of the message. Worker-owned.</summary>
internal sealed class RequestMatcher
{
    private readonly PathParts _parts = new();
    private readonly ByteSink _name = new();

    /// <summary>Why a request is none for any method.</summary>
    public string Error { get; private set; } = "";

    /// <summary>What the outcome is as a status of gRPC.</summary>
    public enum Outcome : byte
    {
        Found,

        /// <summary>No template fits.</summary>
        NotFound,

        /// <summary>A parameter is for no field.</summary>
        InvalidArgument,
    }

    /// <summary>Looks a request up.</summary>
    /// <param name="config">The templates.</param>
    /// <param name="method">The HTTP method.</param>
    /// <param name="target">The path, with its query.</param>
    /// <param name="bindings">Filled with what is said of fields.</param>
    /// <param name="unknown">Filled with parameters that are for no field, where they are to be kept.</param>
    /// <param name="rule">What was found.</param>
    public Outcome Match(
        TranscoderSnapshot config, ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, BindingTree bindings, UnknownParameters unknown, out PathRule? rule)
    {
        var question = target.IndexOf((byte)'?');
        var path = question < 0 ? target : target[..question];
        rule = config.Paths.Find(method, path, config.Options.MatchUnregisteredCustomVerb, _parts);
        if (rule is null)
        {
            Error = $"Could not resolve {Encoding.UTF8.GetString(path)} to a method.";
            return Outcome.NotFound;
        }

        if (!BindPath(config, rule, path, bindings, unknown) || (question >= 0 && !BindQuery(config, rule, target[(question + 1)..], bindings, unknown)))
            return Outcome.InvalidArgument;
        return Outcome.Found;
    }

    private bool BindPath(TranscoderSnapshot config, PathRule rule, ReadOnlySpan<byte> path, BindingTree bindings, UnknownParameters unknown)
    {
        foreach (var variable in rule.Variables)
        {
            var end = variable.End >= 0 ? variable.End : _parts.Count + variable.End + 1;
            // What one segment stands for is known to be one, so nothing in it can be mistaken.
            var spec = end - variable.Start > 1 || variable.End < 0 ? config.Options.UrlUnescapeSpec : UrlUnescapeSpec.AllCharacters;
            bindings.Begin();
            for (var i = variable.Start; i < end; i++)
            {
                if (i > variable.Start)
                    bindings.Bytes.Append((byte)'/');
                PercentDecoding.Append(bindings.Bytes, _parts.Of(path, i), spec);
            }

            if (variable.Path is not { } fields)
            {
                if (!IsLeft(config, variable.Name, bindings, unknown, variable.Error))
                    return false;
                continue;
            }

            var node = BindingTree.Root;
            for (var i = 0; i < fields.Length && node != BindingTree.None; i++)
                node = bindings.Step(node, fields[i], i);
            if (!Bind(rule, fields, node, bindings))
                return false;
        }

        return true;
    }

    private bool BindQuery(TranscoderSnapshot config, PathRule rule, ReadOnlySpan<byte> query, BindingTree bindings, UnknownParameters unknown)
    {
        while (!query.IsEmpty)
        {
            var and = query.IndexOf((byte)'&');
            var parameter = and < 0 ? query : query[..and];
            query = and < 0 ? default : query[(and + 1)..];
            var equals = parameter.IndexOf((byte)'=');
            if (equals <= 0)
                continue;
            var name = parameter[..equals];
            if (config.IsIgnored(name))
                continue;
            bindings.Begin();
            PercentDecoding.Append(bindings.Bytes, parameter[(equals + 1)..], UrlUnescapeSpec.AllCharacters, config.Options.QueryParamUnescapePlus);
            if (!BindParameter(config, rule, name, bindings, unknown))
                return false;
        }

        return true;
    }

    private bool BindParameter(TranscoderSnapshot config, PathRule rule, ReadOnlySpan<byte> name, BindingTree bindings, UnknownParameters unknown)
    {
        var message = rule.Method.Input;
        var node = BindingTree.Root;
        var insideBody = rule.RequestIsHttpBody;
        ProtoField? field = null;
        var depth = 0;
        for (var rest = name; ; depth++)
        {
            var dot = rest.IndexOf((byte)'.');
            var step = dot < 0 ? rest : rest[..dot];
            if (message is null)
                return IsLeft(config, name, bindings, unknown, $"Encountered a non-leaf field \"{field!.Name}\" that is not a message while parsing a field path");
            var next = Find(message, step);
            if (next is null)
                return IsLeft(config, name, bindings, unknown, $"Could not find field \"{Encoding.UTF8.GetString(step)}\" in the type \"{message.FullName}\".");
            field = next;
            insideBody &= depth >= rule.Body.Length || ReferenceEquals(rule.Body[depth], field);
            node = bindings.Step(node, field, depth);
            if (node == BindingTree.None)
            {
                Error = "A query parameter leads too deep.";
                return false;
            }

            if (dot < 0)
                break;
            // A map's entries have no names of their own here.
            message = field is { IsMessage: true, IsMap: false } ? field.Message : null;
            rest = rest[(dot + 1)..];
        }

        // What is inside of an HttpBody is the body's to say.
        if (!insideBody || depth + 1 < rule.Body.Length)
            bindings.Add(node);
        return true;
    }

    private bool Bind(PathRule rule, ProtoField[] fields, int node, BindingTree bindings)
    {
        if (node == BindingTree.None)
        {
            Error = "A path variable leads too deep.";
            return false;
        }

        if (!(rule.RequestIsHttpBody && fields.AsSpan().StartsWith(rule.Body)))
            bindings.Add(node);
        return true;
    }

    // The name may be percent-encoded, and so may the field's own JSON name.
    private ProtoField? Find(ProtoMessage message, ReadOnlySpan<byte> name)
    {
        if (message.Find(name) is { } field || !name.Contains((byte)'%'))
            return message.Find(name);
        _name.Clear();
        PercentDecoding.Append(_name, name, UrlUnescapeSpec.AllCharacters);
        return message.Find(_name.Written);
    }

    // A parameter is for no field: kept, left out, or an error.
    private bool IsLeft(TranscoderSnapshot config, ReadOnlySpan<byte> name, BindingTree bindings, UnknownParameters unknown, string error)
    {
        if (config.Options.CaptureUnknownQueryParameters)
        {
            if (unknown.Count == UnknownParameters.Most)
            {
                Error = "Too many unknown query parameters.";
                return false;
            }

            unknown.Add(name, bindings.Bytes.Written[bindings.Mark..]);
            return true;
        }

        Error = error;
        return config.Options.IgnoreUnknownQueryParameters;
    }
}
