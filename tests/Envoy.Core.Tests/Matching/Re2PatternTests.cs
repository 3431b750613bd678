using Envoy.Matching;

namespace Envoy.Core.Tests.Matching;

public class Re2PatternTests
{
    [TestCase("/a", "/a", true)]
    [TestCase("/a", "/ab", false)]
    [TestCase("/a", "x/a", false)]
    [TestCase("a|b", "b", true)]
    [TestCase("a|b", "ab", false, TestName = "Alternatives are matched whole")]
    [TestCase("^/a$", "/a", true)]
    [TestCase("/a$", "/a\n", false)]
    [TestCase(@"/\d+", "/123", true)]
    [TestCase(@"/\d+", "/١٢", false, TestName = "Digits are ASCII")]
    [TestCase(@"\w+", "é", false)]
    [TestCase(@"\W", "é", true)]
    [TestCase(@"\s", "\u00a0", false)]
    [TestCase(@"\S", "\u00a0", true)]
    [TestCase(@"[\d-]+", "1-2", true)]
    [TestCase(@"[^\d]+", "a1", false)]
    [TestCase(@"[\D]", "5", false)]
    [TestCase("[[:alpha:]_]+", "aZ_", true)]
    [TestCase("[[:^digit:]]+", "a1", false)]
    [TestCase("[a-z[]+", "a[", true)]
    [TestCase("[a-z-[m]]", "m]", true, TestName = "A bracket in a class is no subtraction")]
    [TestCase("[]a]+", "]a", true)]
    [TestCase("[^]a]+", "b", true)]
    [TestCase("(?P<name>a+)b", "aab", true)]
    [TestCase("(?<name>a+)b", "aab", true)]
    [TestCase("(?i)/AbC", "/aBc", true)]
    [TestCase("(?i:a)b", "Ab", true)]
    [TestCase("(?i:a)b", "AB", false)]
    [TestCase("(?U)a+", "aaa", true)]
    [TestCase("(?Ui)a+?", "AAA", true)]
    [TestCase("(?s).", "\n", true)]
    [TestCase(".", "\n", false)]
    [TestCase("(?:a|b){2,3}", "aba", true)]
    [TestCase("a{,2}", "a{,2}", true)]
    [TestCase(@"\Qa.b\E.", "a.bx", true)]
    [TestCase(@"\Qa.b", "axb", false)]
    [TestCase(@"\x41\x{42}\0", "AB\0", true)]
    [TestCase(@"\pL\p{Lu}\P{L}", "aB1", true)]
    [TestCase(@"\p{^L}", "1", true)]
    [TestCase(@"\Aa\bb?\z", "a", true)]
    [TestCase(@"/\.well-known\/x\-y", "/.well-known/x-y", true)]
    [TestCase(@"a # b", "a # b", true)]
    public void Translate_Pattern_MatchesAsRe2Does(string pattern, string text, bool expected)
    {
        var translated = Re2Pattern.Translate(pattern, out var error);
        Assert.That(error, Is.Empty);
        Assert.That(Re2Pattern.CompileFull(translated!).IsMatch(text), Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase(@"(a)\1")]
    [TestCase("a(?=b)")]
    [TestCase("a(?!b)")]
    [TestCase("(?<=a)b")]
    [TestCase("(?<!a)b")]
    [TestCase("(?>a)")]
    [TestCase("(?#c)a")]
    [TestCase("(?x)a")]
    [TestCase("(?'n'a)")]
    [TestCase("(")]
    [TestCase("a)")]
    [TestCase("a)(b")]
    [TestCase("[a")]
    [TestCase("a**")]
    [TestCase("*a")]
    [TestCase(@"a\")]
    [TestCase(@"\Z")]
    [TestCase(@"\G")]
    [TestCase(@"\k<n>")]
    [TestCase(@"\p{Greek}")]
    [TestCase(@"\x{10FFFF}")]
    [TestCase("[[:foo:]]")]
    [TestCase("a{1001}")]
    [TestCase("(?P<n")]
    [TestCase("(?i")]
    public void Translate_WhatHasNoMeaningThere_IsRefused(string pattern)
    {
        Assert.That(Re2Pattern.Translate(pattern, out var error), Is.Null);
        Assert.That(error, Is.Not.Empty);
    }
}
