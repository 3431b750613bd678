using System.Text;
using Envoy.Filters.Http.GrpcJsonTranscoder.Json;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>Arrays in pieces.</summary>
[TestFixture]
internal sealed class JsonArraySplitterTests
{
    [TestCase("[]", "")]
    [TestCase(" [ ] ", "")]
    [TestCase("[1]", "1")]
    [TestCase("[ 1 , true,\"a,]\\\"\" ]", "1 |true|\"a,]\\\"\"")]
    [TestCase("""[{"a":[1,{"b":"}]"}]},[],{}]""", """{"a":[1,{"b":"}]"}]}|[]|{}""")]
    [TestCase("[{},]", "{}")]
    [TestCase("[\"\\\\\",\"\\\\\\\"\"]", "\"\\\\\"|\"\\\\\\\"\"")]
    public void Elements_AreFound_HoweverTheyAreCut(string json, string elements)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        for (var size = 1; size <= bytes.Length; size++)
        {
            var splitter = new JsonArraySplitter();
            var found = new List<string>();
            foreach (var piece in bytes.Chunk(size))
            {
                var position = 0;
                while (splitter.TryNext(piece, ref position))
                    found.Add(Encoding.UTF8.GetString(splitter.Element));
                Assert.That(position, Is.EqualTo(piece.Length));
            }

            Assert.That(splitter.TryEnd(), Is.True, splitter.Error);
            Assert.That(string.Join('|', found), Is.EqualTo(elements));
        }
    }

    [TestCase("", "Expected an array instead of an object")]
    [TestCase("{}", "Expected an array instead of an object")]
    [TestCase("1", "Expected an array instead of a scalar value.")]
    [TestCase("[", "Unexpected end of string. Expected , or ] after array value.")]
    [TestCase("[{}", "Unexpected end of string. Expected , or ] after array value.")]
    [TestCase("[{", "Unexpected end of string. Expected , or ] after array value.")]
    [TestCase("[,]", "Unexpected token.")]
    [TestCase("[{} {}]", "Expected , or ] after array value.")]
    [TestCase("[] x", "Parsing terminated before end of input.")]
    public void Array_ThatIsNone_IsRefused(string json, string error)
    {
        var splitter = new JsonArraySplitter();
        var position = 0;
        while (splitter.TryNext(Encoding.UTF8.GetBytes(json), ref position))
        {
        }

        Assert.That(splitter.TryEnd(), Is.False);
        Assert.That(splitter.Error, Is.EqualTo(error));
    }

    [Test]
    public void Depth_HasALimit()
    {
        var splitter = new JsonArraySplitter();
        var position = 0;
        Assert.That(splitter.TryNext(Encoding.UTF8.GetBytes(new string('[', 200)), ref position), Is.False);
        Assert.That(splitter.Error, Is.Not.Null);
        splitter.Clear();
        Assert.That((splitter.Error, splitter.Length), Is.EqualTo(((string?)null, 0)));
    }
}
