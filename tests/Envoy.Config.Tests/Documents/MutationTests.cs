namespace Envoy.Config.Tests.Documents;

/// <summary>Broken copies of right files: read or refused, never an exception.</summary>
public sealed class MutationTests
{
    private const int Rounds = 20_000;

    [Test]
    public void SeedFiles_Mutated_NeverThrow()
    {
        var files = Directory.GetFiles(SharedFolder.Require("seed/configs"), "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllText).ToArray();
        var random = new Random(20191010);
        var loaded = 0;
        for (var i = 0; i < Rounds; i++)
        {
            var text = Mutate(files[random.Next(files.Length)], files, random);
            try
            {
                var result = EnvoyConfigLoader.Parse(text);
                Assert.That(result.Config is null, Is.EqualTo(result.Errors.Count > 0));
                loaded += result.Config is null ? 0 : 1;
            }
            catch (Exception e) when (e is not AssertionException)
            {
                Assert.Fail($"round {i}: {e}\n{text}");
            }
        }

        TestContext.Out.WriteLine($"{loaded} of {Rounds} loaded");
        Assert.That(loaded, Is.GreaterThan(0));
    }

    [Test]
    public void RandomText_NeverThrows()
    {
        const string Alphabet = "{}[]:,-?&*!|>'\"%@`#\n\n  \t\\ab01~.<=éЖ\u0000\u2028\uFEFF\uD83D";
        var random = new Random(1);
        for (var i = 0; i < Rounds; i++)
        {
            var text = string.Create(random.Next(60), random, (span, r) =>
            {
                foreach (ref var c in span)
                    c = Alphabet[r.Next(Alphabet.Length)];
            });
            try
            {
                Assert.That(EnvoyConfigLoader.Parse(text).Config is null, Is.True.Or.False);
            }
            catch (Exception e) when (e is not AssertionException)
            {
                Assert.Fail($"round {i}: {e}\n{text}");
            }
        }
    }

    private static string Mutate(string text, string[] files, Random random)
    {
        const string Inserts = "{}[]:,-?&*!|>'\"%@`#\n \t\\0a~<\u0000\uD800";
        for (var edits = random.Next(1, 5); edits > 0; edits--)
        {
            var at = random.Next(text.Length);
            var length = random.Next(Math.Min(30, text.Length - at));
            text = random.Next(5) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, Inserts[random.Next(Inserts.Length)].ToString()),
                2 => string.Concat(text.AsSpan(0, at), Inserts[random.Next(Inserts.Length)].ToString(), text.AsSpan(at + 1)),
                3 => text.Insert(at, text.Substring(at, length)),
                _ => string.Concat(text.AsSpan(0, at), files[random.Next(files.Length)] is var other ? other[random.Next(other.Length)..] : ""),
            };
            if (text.Length == 0)
                return "x";
        }

        return text;
    }
}
