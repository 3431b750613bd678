using System.Text;
using Envoy.Buffers;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;
using Envoy.Filters.Http.GrpcJsonTranscoder.Json;
using Envoy.Filters.Http.GrpcJsonTranscoder.Paths;
using Envoy.Protos;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>The two conversions over the tests' types, and protobuf's own to compare with.</summary>
internal sealed class Engine
{
    private readonly JsonToProto _reader = new();
    private readonly ProtoToJson _writer = new();

    public static ProtoTypes Types { get; } = ProtoTypes.Read(DescriptorSets.All);

    public static TypeRegistry Registry { get; } = TypeRegistry.FromFiles(
        Protos.Shop.ShopReflection.Descriptor, Protos.Shop.EverythingReflection.Descriptor, Google.Protobuf.WellKnownTypes.AnyReflection.Descriptor);

    public static JsonFormatter Formatter { get; } = new(JsonFormatter.Settings.Default.WithTypeRegistry(Registry));

    public static JsonParser Parser { get; } = new(JsonParser.Settings.Default.WithTypeRegistry(Registry).WithIgnoreUnknownFields(true));

    public static Engine New() => new();

    /// <summary>The error of the last conversion that did not go well.</summary>
    public string Error { get; private set; } = "";

    public static ProtoMessage Type(MessageDescriptor descriptor) => Types.FindMessage(descriptor.FullName)!;

    /// <summary>The message that JSON becomes; null: it is none.</summary>
    public T? Read<T>(string json, bool anyCaseEnums = false)
        where T : class, IMessage<T>, new() => Read<T>(Encoding.UTF8.GetBytes(json), anyCaseEnums);

    public T? Read<T>(byte[] json, bool anyCaseEnums = false)
        where T : class, IMessage<T>, new()
    {
        var type = Type(new T().Descriptor);
        if (!_reader.TryConvert(new JsonToProtoSettings(Types, anyCaseEnums), type, default, json, new BindingTree()))
        {
            Error = _reader.Error;
            Assert.That(Error, Is.Not.Empty);
            return null;
        }

        var sink = new ByteSink();
        _reader.Output.CopyTo(sink);
        Assert.That(sink.Length, Is.EqualTo(_reader.Output.Length));
        var input = CodedInputStream.CreateWithLimits(new MemoryStream(sink.Written.ToArray()), int.MaxValue, 1000);
        return new MessageParser<T>(() => new T()).ParseFrom(input);
    }

    /// <summary>The JSON that a message becomes; null: it is none.</summary>
    public string? Write(IMessage message, PrintSettings? print = null) => Write(message.Descriptor, message.ToByteArray(), print);

    public string? Write(MessageDescriptor descriptor, byte[] wire, PrintSettings? print = null)
    {
        _writer.Input.Clear();
        _writer.Input.Append(wire);
        _writer.Output.Clear();
        if (_writer.TryConvert(Types, print ?? new PrintSettings(), Type(descriptor), default))
            return Encoding.UTF8.GetString(_writer.Output.Written);
        Error = _writer.Error;
        Assert.That(Error, Is.Not.Empty);
        return null;
    }
}
