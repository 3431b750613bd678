using Envoy.Buffers;
using Envoy.Extensions;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;
using Envoy.Filters.Http.GrpcJsonTranscoder.Paths;
using Envoy.Protos.Shop;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary>What path and query say of a message, alone and beside a body.</summary>
[TestFixture]
internal sealed class BindingTests
{
    [Test]
    public void Query_FieldsOfEveryKind_AreRead()
    {
        var request = new Mapping().Request<ListItemsRequest>(
            "GET",
            "/v1/shelves/5/items?pageSize=10&page_token=a%20b%2B+c&tags=x&tags=y&color=RED&filter.since=1970-01-01T00:00:01Z&filter.within=1.5s&filter.mask=a,fooBar.b"
            + "&filter.at_least=7&filter.sold=true&filter.exact=false&filter.weight=-1e3&filter.token=AQI&filter.sizes=1&filter.sizes=2&filter.nested.nested.exact=true");
        Assert.That(request, Is.EqualTo(new ListItemsRequest
        {
            Shelf = 5,
            PageSize = 10,
            PageToken = "a b++c",
            Tags = { "x", "y" },
            Color = Color.Red,
            Filter = new Filter
            {
                Since = new Timestamp { Seconds = 1 },
                Within = new Duration { Seconds = 1, Nanos = 500_000_000 },
                Mask = new FieldMask { Paths = { "a", "foo_bar.b" } },
                AtLeast = 7,
                Sold = true,
                Weight = -1000,
                Token = ByteString.CopyFrom(1, 2),
                Sizes = { 1, 2 },
                Nested = new Filter { Nested = new Filter { Exact = true } },
            },
        }));
    }

    [TestCase("pageSize=x", "page_size: invalid value \"x\" for type TYPE_INT32")]
    [TestCase("color=BLUE", "color: invalid value \"BLUE\" for type type.googleapis.com/envoy.test.Color")]
    [TestCase("filter.since=now", "filter.since: invalid value \"now\" for type type.googleapis.com/google.protobuf.Timestamp")]
    [TestCase("filter=x", "filter: invalid value \"x\" for type type.googleapis.com/envoy.test.Filter")]
    [TestCase("pageToken=%ff", "page_token: invalid value \"\ufffd\" for type TYPE_STRING")]
    [TestCase("filter.nested.at_least=x", "filter.nested.at_least: invalid value \"x\" for type type.googleapis.com/google.protobuf.Int64Value")]
    public void Query_WrongValue_SaysWhereAndWhat(string query, string error)
    {
        var mapping = new Mapping();
        Assert.That(mapping.Request<ListItemsRequest>("GET", "/v1/shelves/5/items?" + query), Is.Null);
        Assert.That((mapping.Outcome, mapping.Error), Is.EqualTo((RequestMatcher.Outcome.Found, error)));
    }

    [TestCase("nope=1", "Could not find field \"nope\" in the type \"envoy.test.ListItemsRequest\".")]
    [TestCase("filter.nope=1", "Could not find field \"nope\" in the type \"envoy.test.Filter\".")]
    [TestCase("shelf.id=1", "Encountered a non-leaf field \"shelf\" that is not a message while parsing a field path")]
    public void Query_UnknownField_IsNotTheMethodsRequest_UnlessIgnored(string query, string error)
    {
        var mapping = new Mapping();
        Assert.That(mapping.Request<ListItemsRequest>("GET", "/v1/shelves/5/items?" + query), Is.Null);
        Assert.That((mapping.Outcome, mapping.Error), Is.EqualTo((RequestMatcher.Outcome.InvalidArgument, error)));
        var name = query.Split('=')[0];
        Assert.That(new Mapping(Mapping.Options() with { IgnoredQueryParameters = [name] }).Request<ListItemsRequest>("GET", "/v1/shelves/5/items?" + query)?.Shelf, Is.EqualTo(5));
        Assert.That(new Mapping(Mapping.Options() with { IgnoreUnknownQueryParameters = true }).Request<ListItemsRequest>("GET", "/v1/shelves/5/items?" + query)?.Shelf, Is.EqualTo(5));
    }

    [Test]
    public void Query_UnknownFields_AreKeptWhereAskedFor()
    {
        var mapping = new Mapping(Mapping.Options() with { CaptureUnknownQueryParameters = true });
        Assert.That(mapping.Find("GET", "/v1/shelves/5/items?a=1&b=2&a=%33&tags=x"), Is.EqualTo("ListItems"));
        var writer = new WireWriter();
        mapping.Unknown.Write(writer, 3);
        var sink = new ByteSink();
        writer.CopyTo(sink);
        var any = Protos.Api.HttpBody.Parser.ParseFrom(sink.Written.ToArray()).Extensions[0];
        Assert.That(any.TypeUrl, Is.EqualTo("type.googleapis.com/envoy.extensions.filters.http.grpc_json_transcoder.v3.UnknownQueryParams"));
        // map<string, Values> key = 1, with repeated string values = 1.
        Assert.That(any.Value.ToByteArray(), Is.EqualTo((byte[])[0x0a, 11, 0x0a, 1, (byte)'a', 0x12, 6, 0x0a, 1, (byte)'1', 0x0a, 1, (byte)'3', 0x0a, 8, 0x0a, 1, (byte)'b', 0x12, 3, 0x0a, 1, (byte)'2']));
        Assert.That(mapping.Find("GET", "/v1/shelves/5/items?" + string.Join('&', Enumerable.Range(0, 1001).Select(i => "x=" + i))), Is.Null, "they have a limit");
    }

    [TestCase(false, "a+b")]
    [TestCase(true, "a b")]
    public void Query_Plus_IsASpaceWhereAskedFor(bool asked, string value) =>
        Assert.That(new Mapping(Mapping.Options() with { QueryParamUnescapePlus = asked }).Request<ListItemsRequest>("GET", "/v1/shelves/5/items?pageToken=a+b")?.PageToken, Is.EqualTo(value));

    [TestCase("?&&=1&page_size&page%5fsize=4", 4)]
    [TestCase("?page_size=3&page_size=4", 4)]
    [TestCase("?shelf=9&page_size=4", 4)]
    public void Query_OddForms_AreRead(string query, int size) =>
        Assert.That(new Mapping().Request<ListItemsRequest>("GET", "/v1/shelves/5/items" + query)?.PageSize, Is.EqualTo(size));

    [Test]
    public void Query_FieldOfAField_WithoutEnd_IsRefused()
    {
        var mapping = new Mapping();
        Assert.That(mapping.Request<ListItemsRequest>("GET", $"/v1/shelves/5/items?filter.{string.Concat(Enumerable.Repeat("nested.", 40))}exact=true"), Is.Null);
        Assert.That(mapping.Error, Is.EqualTo("A query parameter leads too deep."));
    }

    [Test]
    public void BodyField_BesidePathAndQuery_IsWovenIntoOneMessage()
    {
        var mapping = new Mapping();
        var request = mapping.Request<CreateItemRequest>(
            "POST", "/v1/shelves/5/items?item.tags=c&item.color=RED&item.filter.exact=true&item.title=query", """{"title":"body","tags":["a","b"],"filter":{"weight":2}}""");
        Assert.That(request, Is.EqualTo(new CreateItemRequest
        {
            Shelf = 5,
            Item = new Item { Title = "body", Tags = { "a", "b", "c" }, Color = Color.Red, Filter = new Filter { Weight = 2, Exact = true } },
        }), mapping.Error);
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("{}")]
    public void BodyField_WithoutABody_HasWhatThePathSays(string body)
    {
        var request = new Mapping().Request<UpdateItemRequest>("PATCH", "/v1/items/9?updateMask=title,givenName", body);
        Assert.That(request, Is.EqualTo(new UpdateItemRequest { Item = new Item { Id = 9 }, UpdateMask = new FieldMask { Paths = { "title", "given_name" } } }));
    }

    [Test]
    public void Body_ThatContradictsThePath_CountsUnlessRefused()
    {
        Assert.That(new Mapping().Request<UpdateItemRequest>("PATCH", "/v1/items/9", """{"id":"8"}""")?.Item.Id, Is.EqualTo(8));
        var strict = new Mapping(Mapping.Options() with { RequestValidationOptions = new TranscoderRequestValidationOptions { RejectBindingBodyFieldCollisions = true } });
        Assert.That(strict.Request<UpdateItemRequest>("PATCH", "/v1/items/9", """{"id":"9"}""")?.Item.Id, Is.EqualTo(9), "the same is no contradiction");
        Assert.That(strict.Request<UpdateItemRequest>("PATCH", "/v1/items/9", """{"id":8}"""), Is.Null);
        Assert.That(strict.Error, Is.EqualTo("The binding value \"9\" of the field id is conflicting with the value 8 in the body."));
        Assert.That(strict.Request<UpdateItemRequest>("PATCH", "/v1/items/9", """{"id":null}""")?.Item.Id, Is.EqualTo(9));
    }

    [Test]
    public void WholeBody_BesideThePath_IsOneMessage()
    {
        var mapping = new Mapping();
        Assert.That(mapping.Request<GetItemRequest>("POST", "/v1/items/7:archive")?.Name, Is.EqualTo("7"));
        Assert.That(mapping.Request<GetItemRequest>("POST", "/v1/items/7:archive", """{"name":"8"}""")?.Name, Is.EqualTo("8"));
        Assert.That(mapping.Request<GetItemRequest>("POST", "/v1/items/7:archive", "[]"), Is.Null);
    }

    [Test]
    public void Matching_Again_ForgetsTheLastRequest()
    {
        var mapping = new Mapping();
        _ = mapping.Request<ListItemsRequest>("GET", "/v1/shelves/5/items?" + string.Join('&', Enumerable.Range(0, 2000).Select(i => "tags=" + i)));
        Assert.That(mapping.Request<ListItemsRequest>("GET", "/v1/shelves/6/items"), Is.EqualTo(new ListItemsRequest { Shelf = 6 }));
    }

    [TestCase("envoy.test.Nope", "could not find 'envoy.test.Nope' in the proto descriptor")]
    public void Options_WithAnUnknownService_AreRefused(string service, string error) =>
        Assert.That(() => new Mapping(Mapping.Options(null, service)), Throws.ArgumentException.With.Message.EqualTo(error));

    [Test]
    public void Options_WithABadDescriptorSet_AreRefused()
    {
        Assert.That(() => new Mapping(Mapping.Options([1, 2, 3])), Throws.ArgumentException.With.Message.StartsWith("the proto descriptor cannot be read: these bytes are not"));
        var alone = new Google.Protobuf.Reflection.FileDescriptorSet
        {
            File = { Google.Protobuf.Reflection.FileDescriptorProto.Parser.ParseFrom(ShopReflection.Descriptor.SerializedData) },
        };
        Assert.That(() => new Mapping(Mapping.Options(alone.ToByteArray())), Throws.ArgumentException.With.Message.Contains("is not in the descriptor set (protoc --include_imports puts it there)"));
        Assert.That(() => new Mapping(Mapping.WithRules(("GET", "/a//b"))), Throws.ArgumentException.With.Message.EqualTo("cannot register 'made.Made.M0': '/a//b' is no path template"));
    }

    [Test]
    public void DescriptorSet_CutOrChanged_IsReadOrRefused()
    {
        var random = new Random(1);
        for (var i = 0; i < 2000; i++)
        {
            var set = Protos.DescriptorSets.All.ToArray();
            set[random.Next(set.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0)
                set = set[..random.Next(set.Length)];
            try
            {
                _ = new Mapping(Mapping.Options(set));
            }
            catch (ArgumentException e)
            {
                Assert.That(e.Message, Is.Not.Empty);
            }
        }

        Assert.Pass();
    }
}
