using Envoy.Filters.Http.GrpcJsonTranscoder.Paths;
using Envoy.Protos.Shop;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>Path templates, and which of them a request is for.</summary>
[TestFixture]
internal sealed class PathTests
{
    [TestCase("/", "", "")]
    [TestCase("/a/b", "a b", "")]
    [TestCase("/a/*/b/**", "a * b **", "")]
    [TestCase("/a:verb", "a", "verb")]
    [TestCase("/a/{x}", "a *", "", "x@1-2")]
    [TestCase("/{a.b=c/*}/d:e", "c * d", "e", "a.b@0-2")]
    [TestCase("/{x=**}", "**", "", "x@0--1")]
    [TestCase("/a/{x=b/**}/c/d", "a b ** c d", "", "x@1--3")]
    [TestCase("/{a}/{b}", "* *", "", "a@0-1", "b@1-2")]
    [TestCase("/{a=*}", "*", "", "a@0-1")]
    public void Template_IsRead(string text, string segments, string verb, params string[] variables)
    {
        var template = PathTemplate.Parse(text);
        Assert.That(template, Is.Not.Null);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(string.Join(' ', template!.Segments), Is.EqualTo(segments));
            Assert.That(template.Verb, Is.EqualTo(verb));
            Assert.That(template.Variables.Select(v => $"{v.FieldPath}@{v.Start}-{v.End}"), Is.EqualTo(variables));
        }
    }

    [TestCase("")]
    [TestCase("a")]
    [TestCase("//")]
    [TestCase("/a/")]
    [TestCase("/a//b")]
    [TestCase("/a:")]
    [TestCase("/a:b:c")]
    [TestCase("/a:b/c")]
    [TestCase("/{x")]
    [TestCase("/{}")]
    [TestCase("/{x=}")]
    [TestCase("/{x=a/{y}}")]
    [TestCase("/{x..y}")]
    [TestCase("/x}")]
    [TestCase("/***")]
    [TestCase("/**/*")]
    [TestCase("/**/**")]
    [TestCase("/{a=**}/{b}")]
    public void Template_ThatIsNone_IsRefused(string text) => Assert.That(PathTemplate.Parse(text), Is.Null);

    [TestCase("GET", "/a/b", "M0")]
    [TestCase("GET", "/a/b/", "M0")]
    [TestCase("GET", "/a/c", "M1")]
    [TestCase("GET", "/a/c/d", "M2")]
    [TestCase("GET", "/a", "M2", Description = "a double star stands for no segment, too")]
    [TestCase("GET", "/a/b/end", "M3", Description = "the better start leads nowhere but to the double star")]
    [TestCase("GET", "/a/x/y/z/end", "M3")]
    [TestCase("GET", "/a/end", "M1")]
    [TestCase("POST", "/a/b", "M4")]
    [TestCase("HEAD", "/a/b", "M4")]
    [TestCase("POST", "/a/c", null)]
    [TestCase("GET", "/twice", null)]
    [TestCase("GET", "/v:run", "M7")]
    [TestCase("GET", "/v:other", "M8")]
    [TestCase("GET", "/v", "M8")]
    [TestCase("GET", "/", "M9")]
    [TestCase("GET", "", "M9")]
    [TestCase("GET", "//", "M9")]
    public void Request_GetsTheBestTemplate(string method, string path, string? found)
    {
        var mapping = new Mapping(Mapping.WithRules(
            ("GET", "/a/b"), ("GET", "/a/*"), ("GET", "/a/**"), ("GET", "/a/**/end"), ("*", "/a/b"), ("GET", "/twice"), ("GET", "/twice"), ("GET", "/v:run"), ("GET", "/{title}"), ("GET", "/")));
        Assert.That(mapping.Find(method, path), Is.EqualTo(found), mapping.Error);
    }

    [Test]
    public void UnregisteredVerb_IsPartOfTheName_UnlessAskedFor()
    {
        var options = Mapping.WithRules(("GET", "/x/{title}"));
        Assert.That(new Mapping(options).Request<Item>("GET", "/x/a:b")?.Title, Is.EqualTo("a:b"));
        Assert.That(new Mapping(options with { MatchUnregisteredCustomVerb = true }).Find("GET", "/x/a:b"), Is.Null);
    }

    [TestCase(UrlUnescapeSpec.AllCharactersExceptReserved, "%2f%23/ %23")]
    [TestCase(UrlUnescapeSpec.AllCharactersExceptSlash, "%2f#/ %23")]
    [TestCase(UrlUnescapeSpec.AllCharacters, "/#/ %23")]
    public void Variable_OfSeveralSegments_IsDecodedAsAsked(UrlUnescapeSpec spec, string value)
    {
        var mapping = new Mapping(Mapping.WithRules(("GET", "/x/{title=**}"), ("GET", "/y/{title}")) with { UrlUnescapeSpec = spec });
        Assert.That(mapping.Request<Item>("GET", "/x/%2f%23/%20%2523")?.Title, Is.EqualTo(value));
        Assert.That(mapping.Request<Item>("GET", "/y/%2f%23%20%2523%zz%4")?.Title, Is.EqualTo("/# %23%zz%4"), "one segment is decoded whole");
    }

    [TestCase("/v1/shelves/3/items/4", "shelves/3/items/4", "GetItem")]
    [TestCase("/v2/items/a/b/c", "a/b/c", "GetItem")]
    [TestCase("/v2/items", "", "GetItem")]
    public void Variable_OfSeveralSegments_HoldsThemAll(string path, string name, string method)
    {
        var mapping = new Mapping();
        Assert.That(mapping.Request<GetItemRequest>("GET", path)?.Name, Is.EqualTo(name), mapping.Error);
        Assert.That(mapping.Method, Is.EqualTo(method));
    }

    [Test]
    public void AdditionalBindings_AskForTheSameMethod()
    {
        var mapping = new Mapping();
        Assert.That(mapping.Request<GetItemRequest>("POST", "/v1/items:find", """{"name":"x"}""")?.Name, Is.EqualTo("x"));
        Assert.That(mapping.Request<GetItemRequest>("SEARCH", "/v1/items?name=y")?.Name, Is.EqualTo("y"));
        Assert.That(mapping.Find("POST", "/v1/items/7:archive"), Is.EqualTo("ArchiveItem"));
        Assert.That(mapping.Find("DELETE", "/v1/items/7"), Is.EqualTo("DeleteItem"));
    }

    [Test]
    public void AutoMapping_OffersMethodsWithoutARule()
    {
        Assert.That(new Mapping().Find("POST", "/envoy.test.Shop/Unmapped"), Is.Null);
        var mapping = new Mapping(Mapping.Options() with { AutoMapping = true });
        Assert.That(mapping.Request<Item>("POST", "/envoy.test.Shop/Unmapped", """{"id":3}""")?.Id, Is.EqualTo(3));
        Assert.That(mapping.Find("POST", "/envoy.test.Shop/GetItem"), Is.Null, "the method has rules of its own");
    }

    [Test]
    public void Request_ForNoMethod_SaysSo()
    {
        var mapping = new Mapping();
        Assert.That(mapping.Find("GET", "/nope?a=b"), Is.Null);
        Assert.That((mapping.Outcome, mapping.Error), Is.EqualTo((RequestMatcher.Outcome.NotFound, "Could not resolve /nope to a method.")));
    }
}
