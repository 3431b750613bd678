using Envoy.Http.Hpack;

namespace Envoy.Core.Tests.Http.Hpack;

/// <summary>RFC 7541's own examples, and what no block may hold.</summary>
[TestFixture]
public sealed class HpackDecoderTests
{
    private const string First = ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com";
    private const string Second = First + "\ncache-control: no-cache";
    private const string Third = ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value";

    [TestCase("828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865", "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", TestName = "Example_C3_Plain")]
    [TestCase("828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf", "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", TestName = "Example_C4_Huffman")]
    public void Requests(string first, string second, string third)
    {
        var decoder = new HpackDecoder();
        Assert.That(Text(decoder, first), Is.EqualTo(First));
        Assert.That(decoder.TableSize, Is.EqualTo(57));
        Assert.That(Text(decoder, second), Is.EqualTo(Second));
        Assert.That(decoder.TableSize, Is.EqualTo(110));
        Assert.That(Text(decoder, third), Is.EqualTo(Third));
        Assert.That(decoder.TableSize, Is.EqualTo(164));
    }

    [Test]
    public void Responses_C6_EvictTheOldest()
    {
        var decoder = new HpackDecoder(256);
        Assert.That(
            Text(decoder, "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3"),
            Is.EqualTo(":status: 302\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\nlocation: https://www.example.com"));
        Assert.That(decoder.TableSize, Is.EqualTo(222));
        Assert.That(Text(decoder, "4883640effc1c0bf"), Does.StartWith(":status: 307\n"));
        Assert.That(decoder.TableSize, Is.EqualTo(222));
        Assert.That(
            Text(decoder, "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"),
            Does.EndWith("content-encoding: gzip\nset-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"));
        Assert.That(decoder.TableSize, Is.EqualTo(215));
    }

    [TestCase("400a637573746f6d2d6b65790d637573746f6d2d686561646572", "custom-key: custom-header", 55)]
    [TestCase("040c2f73616d706c652f70617468", ":path: /sample/path", 0)]
    [TestCase("100870617373776f726406736563726574", "password: secret", 0)]
    [TestCase("82", ":method: GET", 0)]
    public void Representations_C2(string block, string field, int size)
    {
        var decoder = new HpackDecoder();
        Assert.That(Text(decoder, block), Is.EqualTo(field));
        Assert.That(decoder.TableSize, Is.EqualTo(size));
    }

    [Test]
    public void NeverIndexed_IsTold()
    {
        ReadOnlySpan<byte> block = Convert.FromHexString("100870617373776f726406736563726574");
        var decoder = new HpackDecoder();
        decoder.BeginBlock();
        Assert.That(decoder.Next(ref block, out var field), Is.EqualTo(HpackStep.Field));
        Assert.That(field.NeverIndexed, Is.True);
    }

    [TestCase("80", Description = "index 0")]
    [TestCase("be", Description = "an entry that is not there")]
    [TestCase("7f00", Description = "a name that is not there, and no value")]
    [TestCase("ffffffffff0f", Description = "a number without bounds")]
    [TestCase("ff8080808000", Description = "a number padded with zeros")]
    [TestCase("ff80", Description = "a number that is cut")]
    [TestCase("4003616263", Description = "no value")]
    [TestCase("400561626300", Description = "a name that is cut")]
    [TestCase("40016105", Description = "a value that is cut")]
    [TestCase("44", Description = "a literal without its value")]
    [TestCase("82203f", Description = "a size update behind a field")]
    [TestCase("3fe21f", Description = "a size above the limit")]
    [TestCase("202020", Description = "a third size update")]
    [TestCase("0481ff", Description = "padding of eight ones: a whole byte")]
    [TestCase("04821fff", Description = "padding longer than seven bits")]
    [TestCase("048118", Description = "padding that is not ones")]
    [TestCase("0484ffffffff", Description = "the end-of-string code")]
    public void Block_ThatIsNone_IsAFault(string block)
    {
        var (fields, error) = new HpackDecoder().Decode(Convert.FromHexString(block));
        Assert.That(fields, Is.Null);
        Assert.That(error, Is.Not.Empty);
    }

    [Test]
    public void SmallerLimit_NotFollowed_IsAFault()
    {
        var decoder = new HpackDecoder();
        decoder.SetSizeLimit(100);
        Assert.That(decoder.Decode([0x82]).Fields, Is.Null);
        decoder = new HpackDecoder();
        decoder.SetSizeLimit(100);
        Assert.That(decoder.Decode([0x3f, 100 - 31, 0x82]).Fields, Is.EqualTo(new[] { (":method", "GET") }));
        Assert.That(decoder.Decode([0x82]).Fields, Is.Not.Null, "once is enough");
    }

    [Test]
    public void EntryLargerThanTheTable_EmptiesIt_AndIsStillAField()
    {
        var decoder = new HpackDecoder();
        decoder.Decode(Convert.FromHexString("3f4141016101" + "62"));
        var large = new byte[] { 0x40, 1, (byte)'x', 0x7f, 0x80 + 1, 0 }.Concat(Enumerable.Repeat((byte)'v', 128)).ToArray();
        Assert.That(decoder.Decode(large).Fields, Has.Count.EqualTo(1));
        Assert.That(decoder.TableSize, Is.Zero);
    }

    private static string Text(HpackDecoder decoder, string block) =>
        string.Join('\n', decoder.Decode(Convert.FromHexString(block)).Fields!.Select(f => $"{f.Name}: {f.Value}"));
}
