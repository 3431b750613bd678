using System.Text;
using Envoy.Config.Documents;
using Envoy.Extensions;

namespace Envoy.Config.Tests.Documents;

public sealed class DocumentReaderTests
{
    [Test]
    public void Yaml_EveryNode_KnowsItsPlace()
    {
        var root = Read("a:\n  - b: 1\n    'c': [x, {d: e}]\n# comment\nf:\n", out _)!;

        Assert.That(Places(root), Is.EqualTo(new[]
        {
            "1:1  mapping of 2", "2:3 a list of 1", "2:5 a[0] mapping of 2", "2:8 a[0].b 1", "3:10 a[0].c list of 2", "3:11 a[0].c[0] x",
            "3:14 a[0].c[1] mapping of 1", "3:18 a[0].c[1].d e", "5:3 f null",
        }));
        Assert.That(root.Find("a")!.Items[0].Entries.Select(e => (e.Key, e.Line, e.Column)), Is.EqualTo(new[] { ("b", 2, 5), ("c", 3, 5) }));
        Assert.That(root.Find("a")!.File, Is.EqualTo("f"));
    }

    [Test]
    public void Json_EveryNode_KnowsItsPlace()
    {
        var root = Read("{\n\t\"é😀\": \"x\", \"a\": [1.5e3, true,\n null, {}]}", out _)!;

        Assert.That(Places(root), Is.EqualTo(new[]
        {
            "1:1  mapping of 2", "2:9 é😀 x", "2:19 a list of 4", "2:20 a[0] 1.5e3", "2:27 a[1] true", "3:2 a[2] null", "3:8 a[3] mapping of 0",
        }));
        Assert.That(root.Entries[1].Column, Is.EqualTo(14));
        Assert.That(root.Find("é😀")!.IsQuoted, Is.True);
        Assert.That(root.Find("a")!.Items[0].IsQuoted, Is.False);
    }

    [TestCase("[a, b]", "1:1  list of 2;1:2 [0] a;1:5 [1] b", TestName = "Flow_NotJson_IsReadAsYaml")]
    [TestCase("~", "", TestName = "Null_Alone_IsEmpty")]
    [TestCase("a: \"null\"", "1:1  mapping of 1;1:4 a null", TestName = "Null_Quoted_IsText")]
    [TestCase("a: &x {b: 1}\nc: *x", "1:1  mapping of 2;1:4 a mapping of 1;1:11 a.b 1;1:4 c mapping of 1;1:11 c.b 1", TestName = "Alias_Twice_HasBothPaths")]
    [TestCase("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}", "1:1  mapping of 2;1:4 a mapping of 2;1:11 a.b 1;1:17 a.c 2;2:4 d mapping of 2;2:16 d.c 3;1:11 d.b 1",
        TestName = "MergeKey_OwnKeyWins")]
    [TestCase("!ignore x: &a {b: 1}\ny: *a", "1:1  mapping of 1;1:12 y mapping of 1;1:19 y.b 1", TestName = "IgnoreTag_LeavesKeyOut")]
    [TestCase("a: !!str 5", "1:1  mapping of 1;1:4 a 5", TestName = "StringTag_IsTaken")]
    [TestCase("\uFEFF{\"a\": 1}", "1:1  mapping of 1;1:7 a 1", TestName = "ByteOrderMark_IsSkipped")]
    public void Text_Unusual_IsRead(string text, string expected)
    {
        var root = Read(text, out var errors);

        Assert.That(root is null ? "" : string.Join(';', Places(root)), Is.EqualTo(expected));
        Assert.That(errors.Count > 0, Is.EqualTo(root is null));
    }

    [TestCase("a: [", "f:2:1: is not YAML: ", TestName = "Yaml_Unclosed_IsAnError")]
    [TestCase("a: *b", "f:1:4: is not YAML: no anchor 'b' stands before this", TestName = "Alias_Unknown_IsAnError")]
    [TestCase("a: &a [*a]", "f:1:8: is not YAML: no anchor 'a' stands before this", TestName = "Alias_ToItself_IsAnError")]
    [TestCase("{a: 1}: b", "f:1:1: is not YAML: a key must be a plain name", TestName = "Key_NotScalar_IsAnError")]
    [TestCase("a: !foo b", "f:1:4: is not YAML: the tag '!foo' is not known", TestName = "Tag_Unknown_IsAnError")]
    [TestCase("a: {<<: 5}", "f:1:4: is not YAML: '<<' takes a mapping or a list of mappings", TestName = "MergeKey_Scalar_IsAnError")]
    [TestCase("a:\n  - b: {\n    c: d }", "f:3:", TestName = "Flow_IndentedTooLittle_IsAnError")]
    [TestCase("%TAG ! :\n---\n!", "f:3:", TestName = "Tag_Empty_IsAnError")]
    [TestCase("{\"a\": 1, \"a\": 2}", "f:1:10: the key 'a' is there twice (first in line 1)", TestName = "Json_DuplicateKey_IsAnError")]
    [TestCase("{\"a\": \"\\ud800\"}", "f:1:7: is not JSON: a string holds half of a surrogate pair", "x.json", TestName = "Json_HalfSurrogate_IsAnError")]
    [TestCase("{\"a\": 1,}", "f:1:9: is not JSON: ", "x.json", TestName = "Json_TrailingComma_IsAnError")]
    public void Text_Wrong_IsAnError(string text, string expected, string file = "f")
    {
        _ = Read(text, out var errors, file);

        Assert.That(errors, Is.Not.Empty);
        Assert.That(errors[0].ToString().Replace(file, "f"), Does.StartWith(expected));
    }

    [Test]
    public void Aliases_OfAliases_AreBounded()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 30; i++)
            _ = bomb.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");

        Assert.That(Read(bomb.ToString(), out var errors), Is.Null);
        Assert.That(errors.Single().Message, Does.Contain("more than 5000000 values, aliases counted in full"));
    }

    [Test]
    public void MergeKeys_OfMergeKeys_AreBounded()
    {
        var bomb = new StringBuilder("a0: &a0 {k: [x, x, x, x, x, x, x, x, x, x]}\n");
        for (var i = 1; i < 30; i++)
            _ = bomb.Append($"a{i}: &a{i} {{{string.Join(", ", Enumerable.Range(0, 10).Select(n => $"k{n}: {{<<: *a{i - 1}}}"))}}}\n");

        Assert.That(Read(bomb.ToString(), out var errors), Is.Null);
        Assert.That(errors.Single().Message, Does.Contain("more than 5000000 values"));
    }

    [TestCase("[", "]")]
    [TestCase("{a: ", "}")]
    [TestCase("{\"a\": ", "}")]
    public void Nesting_TooDeep_IsAnError(string open, string close)
    {
        var text = string.Concat(Enumerable.Repeat(open, 100_000)) + "1" + string.Concat(Enumerable.Repeat(close, 100_000));

        Assert.That(Read(text, out var errors), Is.Null);
        Assert.That(errors.Single().Message, Does.Contain("nested deeper than 100 levels"));
    }

    [Test]
    public void Errors_MoreThanAnybodyReads_AreCutOff()
    {
        var text = string.Concat(Enumerable.Range(0, 5000).Select(i => $"zebra{i}: 1\n"));

        var errors = EnvoyConfigLoader.Parse(text).Errors;

        Assert.That(errors, Has.Count.EqualTo(1001));
        Assert.That(errors[^1].Message, Is.EqualTo("more than 1000 errors: the rest is not shown"));
    }

    private static ConfigNode? Read(string text, out IReadOnlyList<ConfigError> errors, string file = "f")
    {
        var context = new ConfigReadContext(new ExtensionCatalogue([]));
        var node = DocumentReader.Read(text, file, context);
        errors = context.Errors;
        return node;
    }

    private static List<string> Places(ConfigNode node)
    {
        var places = new List<string> { $"{node.Line}:{node.Column} {node.Path} {node}" };
        foreach (var item in node.Items.Concat(node.Entries.Select(e => e.Value)))
            places.AddRange(Places(item));
        return places;
    }
}
