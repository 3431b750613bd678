using System.Text;
using System.Text.Json;
using Envoy.Buffers;
using Envoy.Extensions;
using Envoy.Filters.Http.GrpcJsonTranscoder;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;
using Envoy.Filters.Http.GrpcJsonTranscoder.Json;
using Envoy.Filters.Http.GrpcJsonTranscoder.Paths;
using Envoy.Fuzz.Engine;
using Envoy.Protos;
using Envoy.Protos.Shop;
using Google.Protobuf;

namespace Envoy.Fuzz.Targets;

/// <summary>
/// The gRPC-JSON transcoder's conversions: a first byte says which. Text becomes a message that protobuf's own parser takes, or an error;
/// bytes become JSON that is JSON, or an error; where both do, the way back leads to the same. Used by one thread.
/// </summary>
internal sealed class TranscoderTarget : IFuzzTarget
{
    private readonly TranscoderSnapshot _config = TranscoderSnapshot.Compile(new GrpcJsonTranscoderOptions
    {
        ProtoDescriptor = ValueList.From(DescriptorSets.All),
        Services = ["envoy.test.Shop"],
        IgnoreUnknownQueryParameters = true,
    });

    private readonly ProtoMessage _everything;
    private readonly RequestMatcher _matcher = new();
    private readonly BindingTree _bindings = new();
    private readonly UnknownParameters _unknown = new();
    private readonly JsonToProto _reader = new();
    private readonly ProtoToJson _writer = new();
    private readonly JsonArraySplitter _splitter = new();
    private readonly ByteSink _wire = new();

    public TranscoderTarget() => _everything = _config.Types.FindMessage("envoy.test.Everything")!;

    public string Name => "transcoder";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. Corpus.Bytes(
            """0{"int32Field":1,"child":{"strings":["a","\u00e9"],"kind":"FIRST"},"boolToMessage":{"true":{}},"chosenText":"x","bytesField":"AQI="}""",
            """0{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1.5s"},"timestamp":"1972-01-01T10:00:20.021Z","fieldMask":"a,fooBar"}""",
            """0{"structure":{"a":[1,null,{"b":true}]},"value":"x","list":[[]],"doubleField":"NaN","floatField":1e3,"int64Wrapper":"5"}""",
            "2/v1/shelves/5/items?pageSize=10&tags=x&filter.since=1970-01-01T00:00:01Z\n{}",
            "2/v2/items/a%2fb/c:archive?name=x&filter.nested.exact=true\n{\"name\":\"y\"}",
            """3[ {"a":[1,"]"]}, 1 ,"x\"", true,]"""),
        [(byte)'1', .. new Everything { Int32Field = 1, Child = new Everything { Strings = { "a" } }, Int32S = { 1, 2 }, ChosenText = "x", StringToInt = { ["k"] = 1 } }.ToByteArray()],
        [(byte)'1', .. new Everything { Timestamp = new() { Seconds = 1 }, Value = Google.Protobuf.WellKnownTypes.Value.ForString("x"), Int64Wrapper = 3 }.ToByteArray()],
    ];

    public IReadOnlyList<byte[]> Words { get; } = Corpus.Bytes(
        "{", "}", "[", "]", ",", ":", "\"", "\\u", "\\ud83d\\ude00", "null", "true", "1e400", "-0", "\"@type\":\"type.googleapis.com/envoy.test.Everything\"", "\"child\":{", "\"any\":{", "\"value\":[", "\"int32s\":[1]",
        "\"timestamps\":[\"1970-01-01T00:00:00Z\"]", "filter.nested.", "&", "=", "%", "%00", "\n", "**", ":find", "\u0001", "\u0088\u0001", "\u008a\u0001");

    public int MostBytes => 4000;

    public ulong Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return 0;
        return input[0] switch
        {
            (byte)'1' => RunBytes(input[1..]),
            (byte)'2' => RunRequest(input[1..]),
            (byte)'3' => RunArray(input[1..]),
            _ => RunText(input[1..]),
        };
    }

    private ulong RunText(ReadOnlySpan<byte> json)
    {
        _bindings.Clear();
        if (!_reader.TryConvert(_config.Json, _everything, default, json, _bindings))
            return Failed(_reader.Error);
        TakeWire();
        FuzzFailure.Unless(Parse() is not null, "what was made of JSON is no message");
        // What was read can be written, and read again it is the same; times and the like are checked both ways alike.
        var first = _wire.Written.ToArray();
        FuzzFailure.Unless(Write(first), "what was made of JSON cannot be written: " + _writer.Error);
        return 1 + (ulong)first.Length;
    }

    private ulong RunBytes(ReadOnlySpan<byte> wire)
    {
        if (!Write(wire.ToArray()))
            return Failed(_writer.Error);
        var text = _writer.Output.Written.ToArray();
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 200 });
            return 3 + (ulong)document.RootElement.GetPropertyCount();
        }
        catch (JsonException e)
        {
            throw new FuzzFailure("what was written is no JSON: " + e.Message + "\n" + Encoding.UTF8.GetString(text));
        }
    }

    private ulong RunRequest(ReadOnlySpan<byte> input)
    {
        var line = input.IndexOf((byte)'\n');
        var target = line < 0 ? input : input[..line];
        _bindings.Clear();
        _unknown.Clear();
        var way = 5UL;
        foreach (var method in (string[])["GET", "POST", "PATCH"])
        {
            if (_matcher.Match(_config, Encoding.ASCII.GetBytes(method), target, _bindings, _unknown, out var rule) != RequestMatcher.Outcome.Found)
                continue;
            way = (way * 31) + (_reader.TryConvert(_config.Json, rule!.Method.Input, rule.Body, line < 0 ? default : input[(line + 1)..], _bindings) ? 1UL : Failed(_reader.Error));
            _bindings.Clear();
        }

        return way;
    }

    private ulong RunArray(ReadOnlySpan<byte> json)
    {
        // Cut anywhere it has the same elements.
        var whole = Elements(json, json.Length);
        FuzzFailure.Unless(Elements(json, Math.Max(1, json.Length / 3)).SequenceEqual(whole), "the elements depend on how the array is cut");
        return 7 + (ulong)whole.Count;
    }

    private List<string> Elements(ReadOnlySpan<byte> json, int size)
    {
        _splitter.Clear();
        var found = new List<string>();
        for (var start = 0; start < json.Length; start += size)
        {
            var position = 0;
            var piece = json[start..Math.Min(json.Length, start + size)];
            while (_splitter.TryNext(piece, ref position))
                found.Add(Convert.ToHexString(_splitter.Element));
        }

        found.Add(_splitter.TryEnd() ? "" : _splitter.Error!);
        return found;
    }

    private bool Write(byte[] wire)
    {
        _writer.Input.Clear();
        _writer.Input.Append(wire);
        _writer.Output.Clear();
        return _writer.TryConvert(_config.Types, _config.Print, _everything, default);
    }

    private Everything? Parse()
    {
        try
        {
            var message = new Everything();
            message.MergeFrom(CodedInputStream.CreateWithLimits(new MemoryStream(_wire.Written.ToArray()), int.MaxValue, 1000));
            return message;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private void TakeWire()
    {
        _wire.Clear();
        _reader.Output.CopyTo(_wire);
        FuzzFailure.Unless(_wire.Length == _reader.Output.Length, "the length is not the message's");
    }

    private static ulong Failed(string error)
    {
        FuzzFailure.Unless(error.Length > 0, "an error that says nothing");
        return 1000 + (ulong)error.Length;
    }
}
