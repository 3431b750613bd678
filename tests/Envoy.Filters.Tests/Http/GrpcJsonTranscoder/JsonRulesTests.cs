using Envoy.Filters.Http.GrpcJsonTranscoder.Json;
using Envoy.Protos.Shop;
using Google.Protobuf;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>protobuf's JSON mapping, rule by rule.</summary>
[TestFixture]
internal sealed class JsonRulesTests
{
    [TestCase("""{"int32Field":1}""", 1)]
    [TestCase("""{"int32_field":"1"}""", 1)]
    [TestCase("""{"int32Field":1.0}""", 1)]
    [TestCase("""{"int32Field":1e2}""", 100)]
    [TestCase("""{"int32Field":-2147483648}""", int.MinValue)]
    [TestCase("""{"int32Field":null}""", 0)]
    [TestCase("""{"int32Field":1,"int32Field":2}""", 2)]
    [TestCase("""{"int32Field":1,}""", 1)]
    [TestCase(""" { "nope" : [ { "a" : "}" } , [ ] ] , "int32Field" : 3 } """, 3)]
    public void Read_Int32_TakesWhatMeansIt(string json, int value) => Assert.That(Engine.New().Read<Everything>(json)?.Int32Field, Is.EqualTo(value));

    [TestCase("""{"int32Field":2147483648}""", "int32_field: invalid value 2147483648 for type TYPE_INT32")]
    [TestCase("""{"int32Field":1.5}""", "int32_field: invalid value 1.5 for type TYPE_INT32")]
    [TestCase("""{"int32Field":"a"}""", "int32_field: invalid value \"a\" for type TYPE_INT32")]
    [TestCase("""{"int32Field":[1]}""", "int32_field: invalid value an array for type TYPE_INT32")]
    [TestCase("""{"uint32Field":-1}""", "uint32_field: invalid value -1 for type TYPE_UINT32")]
    [TestCase("""{"uint64Field":"18446744073709551616"}""", "uint64_field: invalid value \"18446744073709551616\" for type TYPE_UINT64")]
    [TestCase("""{"floatField":1e40}""", "float_field: invalid value 1e40 for type TYPE_FLOAT")]
    [TestCase("""{"doubleField":1e400}""", "double_field: invalid value 1e400 for type TYPE_DOUBLE")]
    [TestCase("""{"doubleField":"nan"}""", "double_field: invalid value \"nan\" for type TYPE_DOUBLE")]
    [TestCase("""{"boolField":1}""", "bool_field: invalid value 1 for type TYPE_BOOL")]
    [TestCase("""{"stringField":1}""", "string_field: invalid value 1 for type TYPE_STRING")]
    [TestCase("""{"bytesField":"a"}""", "bytes_field: invalid value \"a\" for type TYPE_BYTES")]
    [TestCase("""{"kind":"first"}""", "kind: invalid value \"first\" for type type.googleapis.com/envoy.test.Everything.Kind")]
    [TestCase("""{"child":{"children":[{},{"int32s":[1,2,"x"]}]}}""", "child.children[1].int32s[2]: invalid value \"x\" for type TYPE_INT32")]
    [TestCase("""{"child":3}""", "child: invalid value a number for type envoy.test.Everything")]
    [TestCase("""{"strings":[null]}""", "strings[0]: invalid value null for type TYPE_STRING")]
    [TestCase("""{"timestamp":"yesterday"}""", "timestamp: invalid value \"yesterday\" for type type.googleapis.com/google.protobuf.Timestamp")]
    [TestCase("""{"duration":"1"}""", "duration: invalid value \"1\" for type type.googleapis.com/google.protobuf.Duration")]
    [TestCase("""{"any":{"@type":"x/no.such"}}""", "any: Invalid type URL, unknown type: x/no.such")]
    [TestCase("""{"any":{"a":1}}""", "any: Missing @type for any field.")]
    [TestCase("""{"longToString":{"x":"y"}}""", "long_to_string: invalid value \"x\" for type TYPE_INT64")]
    [TestCase("[]", "invalid value an array for type envoy.test.Everything")]
    [TestCase("{", "Unexpected end of string. Expected , or } after key:value pair.")]
    [TestCase("""{"a" "b"}""", "Expected : between key:value pair.")]
    [TestCase("""{"a":1}x""", "Parsing terminated before end of input.")]
    [TestCase("INVALID", "Unexpected token.")]
    [TestCase("""{"int32Field":}""", "Unexpected token.")]
    [TestCase("""{"int32Field":01}""", "Unable to parse number.")]
    [TestCase("""{"int32Field":+1}""", "Unexpected token.")]
    [TestCase("""{"stringField":"\ud800"}""", "Invalid unicode code point.")]
    [TestCase("""{"stringField":"\x"}""", "Invalid escape sequence.")]
    [TestCase("{\"stringField\":\"\n\"}", "Control characters in strings must be escaped.")]
    [TestCase("""{"stringField":"a""", "Closing quote expected in string.")]
    [TestCase("""{,}""", "Expected an object key or }.")]
    [TestCase("""{"int32s":[1,,2]}""", "Unexpected token.")]
    public void Read_WrongValue_SaysWhereAndWhat(string json, string error)
    {
        var engine = Engine.New();
        Assert.That(engine.Read<Everything>(json), Is.Null);
        Assert.That(engine.Error, Is.EqualTo(error));
    }

    [Test]
    public void Read_BytesThatAreNoUtf8_IsAnError()
    {
        var engine = Engine.New();
        Assert.That(engine.Read<Everything>([.. "{\"stringField\":\""u8, 0xc3, 0x28, .. "\"}"u8]), Is.Null);
        Assert.That(engine.Error, Is.EqualTo("Encountered non UTF-8 code points."));
    }

    [TestCase("AQI=", "AQI=")]
    [TestCase("AQI", "AQI=")]
    [TestCase("-_-_", "+/+/")]
    [TestCase("", "")]
    public void Read_Bytes_TakesBothAlphabets(string text, string base64) =>
        Assert.That(Engine.New().Read<Everything>($$"""{"bytesField":"{{text}}"}""")?.BytesField.ToBase64(), Is.EqualTo(base64));

    [TestCase("\"FIRST\"")]
    [TestCase("1")]
    [TestCase("\"1\"")]
    public void Read_Enum_TakesNameAndNumber(string value) =>
        Assert.That(Engine.New().Read<Everything>($$"""{"kind":{{value}}}""")?.Kind, Is.EqualTo(Everything.Types.Kind.First));

    [TestCase("first")]
    [TestCase("First")]
    public void Read_EnumInAnyCase_IsTakenWhereAskedFor(string name)
    {
        Assert.That(Engine.New().Read<Everything>($$"""{"kind":"{{name}}"}""", anyCaseEnums: true)?.Kind, Is.EqualTo(Everything.Types.Kind.First));
        Assert.That(Engine.New().Read<Item>("""{"color":"dark-blue"}""", anyCaseEnums: true)?.Color, Is.EqualTo(Color.DarkBlue));
    }

    [TestCase("1972-01-01T10:00:20.021Z", 63108020, 21000000)]
    [TestCase("1972-01-01T10:00:20.021+01:30", 63102620, 21000000)]
    [TestCase("1972-01-01T10:00:20-00:01", 63108080, 0)]
    [TestCase("0001-01-01T00:00:00Z", -62135596800, 0)]
    [TestCase("9999-12-31T23:59:59.999999999Z", 253402300799, 999999999)]
    public void Read_Timestamp_IsRfc3339(string text, long seconds, int nanos)
    {
        var timestamp = Engine.New().Read<Everything>($$"""{"timestamp":"{{text}}"}""")!.Timestamp;
        Assert.That((timestamp.Seconds, timestamp.Nanos), Is.EqualTo((seconds, nanos)));
    }

    [TestCase("1972-02-30T10:00:20Z")]
    [TestCase("1972-01-01T24:00:00Z")]
    [TestCase("1972-01-01T10:00:20")]
    [TestCase("1972-01-01 10:00:20Z")]
    [TestCase("1972-01-01T10:00:20.Z")]
    [TestCase("1972-01-01T10:00:20.0123456789Z")]
    [TestCase("0001-01-01T00:00:00+01:00")]
    [TestCase("1972-01-01T10:00:20+1:00")]
    public void Read_NoTimestamp_IsAnError(string text) => Assert.That(Engine.New().Read<Everything>($$"""{"timestamp":"{{text}}"}"""), Is.Null);

    [TestCase("1.5s", 1, 500000000)]
    [TestCase("-0.000000001s", 0, -1)]
    [TestCase("315576000000s", 315576000000, 0)]
    [TestCase("-3s", -3, 0)]
    public void Read_Duration_IsSeconds(string text, long seconds, int nanos)
    {
        var duration = Engine.New().Read<Everything>($$"""{"duration":"{{text}}"}""")!.Duration;
        Assert.That((duration.Seconds, duration.Nanos), Is.EqualTo((seconds, nanos)));
    }

    [Test]
    public void Read_AnyWithItsTypeLast_IsTheSameMessage()
    {
        var last = Engine.New().Read<Everything>("""{"any":{"seconds":[1],"int32Field":5,"child":{"boolField":true},"@type":"type.googleapis.com/envoy.test.Everything"}}""");
        Assert.That(last?.Any.Unpack<Everything>(), Is.EqualTo(new Everything { Int32Field = 5, Child = new Everything { BoolField = true } }));
    }

    [Test]
    public void Read_AnysInAnys_EndSomewhere()
    {
        var json = "{}";
        for (var i = 0; i < 9; i++)
            json = $$"""{"any":{{json}},"@type":"type.googleapis.com/envoy.test.Everything"}""";
        var engine = Engine.New();
        Assert.That(engine.Read<Everything>($$"""{"any":{{json}}}"""), Is.Null);
        Assert.That(engine.Error, Does.EndWith("Any messages lie too deep in each other."));
    }

    [TestCase(100, true)]
    [TestCase(101, false)]
    [TestCase(100_000, false)]
    public void Read_Depth_HasALimit(int levels, bool isRead)
    {
        var engine = Engine.New();
        foreach (var name in (string[])["child", "unknown"])
        {
            var json = string.Concat(Enumerable.Repeat($$"""{"{{name}}":""", levels - 1)) + "{}" + new string('}', levels - 1);
            Assert.That(engine.Read<Everything>(json) is not null, Is.EqualTo(isRead), engine.Error);
        }

        var list = $$"""{"value":{{new string('[', levels - 1)}}{{new string(']', levels - 1)}}}""";
        Assert.That(engine.Read<Everything>(list) is not null, Is.EqualTo(isRead), engine.Error);
    }

    [TestCase(99, true)]
    [TestCase(101, false)]
    [TestCase(10_000, false)]
    public void Write_Depth_HasALimit(int levels, bool isWritten)
    {
        var wire = Array.Empty<byte>();
        for (var i = 0; i < levels; i++)
        {
            using var stream = new MemoryStream();
            using var output = new CodedOutputStream(stream);
            output.WriteTag(Everything.ChildFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(wire));
            output.Flush();
            wire = stream.ToArray();
        }

        Assert.That(Engine.New().Write(Everything.Descriptor, wire) is not null, Is.EqualTo(isWritten));
    }

    [Test]
    public void Write_MessageInPartsAtEveryLevel_EndsSomewhere()
    {
        var part = new Everything { StringField = new string('x', 70_000) }.ToByteArray();
        for (var i = 0; i < 60; i++)
        {
            using var stream = new MemoryStream();
            using var output = new CodedOutputStream(stream);
            foreach (var half in (byte[][])[part, []])
            {
                output.WriteTag(Everything.ChildFieldNumber, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(ByteString.CopyFrom(half));
            }

            output.Flush();
            part = stream.ToArray();
        }

        var engine = Engine.New();
        Assert.That(engine.Write(Everything.Descriptor, part), Is.Null);
        Assert.That(engine.Error, Is.EqualTo("Messages come in too many parts."));
    }

    [Test]
    public void Write_Indents_IsASpaceALevel() => Assert.That(
        Engine.New().Write(new Item { Id = 1, Tags = { "a", "b" }, Filter = new Filter() }, new PrintSettings(Indents: true)),
        Is.EqualTo("{\n \"id\": \"1\",\n \"tags\": [\n  \"a\",\n  \"b\"\n ],\n \"filter\": {}\n}\n"));

    [Test]
    public void Write_Names_AreJsonsOrTheProtos()
    {
        var item = new Item { GivenName = "x", Filter = new Filter { AtLeast = 3 } };
        Assert.That(Engine.New().Write(item), Is.EqualTo("""{"filter":{"atLeast":"3"},"nick":"x"}"""));
        Assert.That(Engine.New().Write(item, new PrintSettings(ProtoNames: true)), Is.EqualTo("""{"filter":{"at_least":"3"},"given_name":"x"}"""));
        Assert.That(Engine.New().Read<Item>("""{"nick":"y","filter":{"at_least":4}}"""), Is.EqualTo(new Item { GivenName = "y", Filter = new Filter { AtLeast = 4 } }));
    }

    [Test]
    public void Write_UnknownFieldsAndEnums_AreLeftOutAndNumbers()
    {
        var wire = (byte[])[.. new Item { Id = 1, Color = (Color)99 }.ToByteArray(), 0xaa, 0x06, 0x01, 0x61, 0xfb, 0x3e, 0x08, 0x01, 0xfc, 0x3e];
        Assert.That(Engine.New().Write(Item.Descriptor, wire), Is.EqualTo("""{"id":"1","color":99}"""));
    }

    [Test]
    public void Write_EnumsAsNumbers_Are() => Assert.That(Engine.New().Write(new Item { Color = Color.Red }, new PrintSettings(EnumsAsNumbers: true)), Is.EqualTo("""{"color":1}"""));

    [Test]
    public void Write_TextThatIsNoUtf8_HasReplacementCharacters() =>
        Assert.That(Engine.New().Write(Item.Descriptor, [0x12, 0x03, (byte)'a', 0xff, (byte)'b']), Is.EqualTo("{\"title\":\"a\ufffdb\"}"));

    [Test]
    public void Write_TimeOutOfRange_IsAnError()
    {
        var engine = Engine.New();
        Assert.That(engine.Write(Everything.Descriptor, [0x9a, 0x03, 0x02, 0x10, 0xff]), Is.Null);
        Assert.That(engine.Write(new Everything { Timestamp = new Google.Protobuf.WellKnownTypes.Timestamp { Seconds = 253402300800 } }), Is.Null);
        Assert.That(engine.Error, Is.EqualTo("Timestamp is out of range."));
        Assert.That(engine.Write(new Everything { Duration = new Google.Protobuf.WellKnownTypes.Duration { Seconds = 1, Nanos = -1 } }), Is.Null);
    }

    [Test]
    public void Proto2_GroupsPresenceAndRuns_BothWays()
    {
        // C# has no groups in JSON of its own: the bytes are written by hand.
        const string Json = """{"number":0,"unpacked":[1,2],"packed":[3,4],"pair":{"left":5,"right":"x"},"many":[{"one":1},{}]}""";
        var wire = (byte[])
        [
            0x08, 0x00, 0x18, 0x01, 0x18, 0x02, 0x22, 0x02, 0x03, 0x04, 0x2b, 0x08, 0x05, 0x12, 0x01, (byte)'x', 0x2c, 0x33, 0x08, 0x01, 0x34, 0x33, 0x34,
        ];
        Assert.That(Engine.New().Write(Old.Descriptor, wire), Is.EqualTo(Json));
        Assert.That(Engine.New().Read<Old>(Json)?.ToByteArray(), Is.EqualTo(wire));
        Assert.That(Old.Parser.ParseFrom(wire).Pair.Left, Is.EqualTo(5));
    }
}
