using Envoy.AccessLog;
using Envoy.Clusters;
using Envoy.ConnectionManager;
using Envoy.Extensions;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Matching;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>The proxy's own answers as <c>local_reply_config</c> makes them.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class LocalReplyConfigTests(EngineKind engine) : HttpFixture(engine)
{
    private static readonly StatusCodeFilterConfig Is503 = new(new ComparisonConfig(ComparisonOperator.Equal, 503));

    [Test]
    public async Task Mapper_ThatMatches_ChangesStatusBodyAndHeaders()
    {
        var reply = new LocalReplyConfig
        {
            Mappers =
            [
                new LocalReplyMapperConfig(new HeaderFilterConfig(new HeaderMatcherConfig("x-other"))) { StatusCode = 418 },
                new LocalReplyMapperConfig(Is503)
                {
                    StatusCode = 401,
                    Body = ValueList.Create<byte>("gone fishing"u8),
                    HeadersToAdd = [new HeaderValueOptionConfig("x-why", "%RESPONSE_CODE_DETAILS%"), new HeaderValueOptionConfig("x-code", "%RESPONSE_CODE%")],
                },
                new LocalReplyMapperConfig(Is503) { StatusCode = 402 },
            ],
        };
        await using var proxy = await WithoutHosts(reply);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(401));
            Assert.That(response.BodyText, Is.EqualTo("gone fishing"));
            Assert.That(response.Headers["x-why"], Is.EqualTo("no_healthy_upstream"));
            Assert.That(response.Headers["x-code"], Is.EqualTo("401"));
            Assert.That(response.Headers["content-type"], Is.EqualTo("text/plain"));
        }

        await AssertLogged(proxy, 401, ResponseFlags.NoHealthyUpstream, "no_healthy_upstream");
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_4xx"], Is.EqualTo(1));
    }

    [Test]
    public async Task BodyFormat_Json_IsTheBodyOfEveryAnswer()
    {
        var reply = new LocalReplyConfig { BodyFormat = new SubstitutionFormatConfig { Json = """{"status":"%RESPONSE_CODE%","message":"%LOCAL_REPLY_BODY%","path":"%REQ(:PATH)%"}""" } };
        await using var proxy = await WithoutHosts(reply);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(503));
            Assert.That(response.BodyText, Is.EqualTo("""{"message":"no healthy upstream","path":"/","status":503}""" + "\n"));
            Assert.That(response.Headers["content-type"], Is.EqualTo("application/json"));
            Assert.That(response.Headers["content-length"], Is.EqualTo(response.Body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }
    }

    [Test]
    public async Task FormatOverride_OfTheMapper_WinsOverTheFormatOfAll()
    {
        var reply = new LocalReplyConfig
        {
            Mappers = [new LocalReplyMapperConfig(Is503) { BodyFormatOverride = new SubstitutionFormatConfig { Text = "<b>%LOCAL_REPLY_BODY%</b>", ContentType = "text/html; charset=UTF-8" } }],
            BodyFormat = new SubstitutionFormatConfig { Text = "all: %LOCAL_REPLY_BODY%" },
        };
        await using var proxy = await WithoutHosts(reply);
        using var client = await proxy.ConnectAsync();
        var mapped = await client.ExchangeAsync(Get);
        var other = await client.ExchangeAsync("GET *other HTTP/1.1\r\nhost: test\r\n\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mapped.BodyText, Is.EqualTo("<b>no healthy upstream</b>"));
            Assert.That(mapped.Headers["content-type"], Is.EqualTo("text/html; charset=UTF-8"));
            Assert.That(other.BodyText, Is.EqualTo("all: Bad Request"));
        }
    }

    [Test]
    public async Task GrpcClient_IsToldWhatTheMappedStatusAmountsTo()
    {
        var reply = new LocalReplyConfig { Mappers = [new LocalReplyMapperConfig(Is503) { StatusCode = 401, Body = ValueList.Create<byte>("no"u8) }] };
        await using var proxy = await WithoutHosts(reply);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\ncontent-type: application/grpc\r\n\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(200));
            Assert.That(response.Headers["grpc-status"], Is.EqualTo("16"));
            Assert.That(response.Headers["grpc-message"], Is.EqualTo("no"));
            Assert.That(response.Body, Is.Empty);
        }
    }

    [Test]
    public async Task UpstreamsResponse_IsLeftAlone()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(503, "mine"));
        var reply = new LocalReplyConfig { Mappers = [new LocalReplyMapperConfig(Is503) { StatusCode = 401 }] };
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { LocalReply = reply } });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        Assert.That((response.Status, response.BodyText), Is.EqualTo((503, "mine")));
    }

    [Test]
    public async Task WrongConfiguration_IsRefusedWithEveryError()
    {
        var reply = new LocalReplyConfig
        {
            Mappers = [new LocalReplyMapperConfig(new AndFilterConfig([Is503])) { StatusCode = 99, HeadersToAdd = [new HeaderValueOptionConfig(":path", "x")] }],
            BodyFormat = new SubstitutionFormatConfig { Text = "%NOTHING%" },
        };
        var error = await Assert.ThrowsAsync<ArgumentException>(() => WithoutHosts(reply));
        Assert.That(error!.Message, Does.Contain("local_reply_config.mappers[0].filter").And.Contain("local_reply_config.mappers[0].status_code")
            .And.Contain("local_reply_config.mappers[0].headers_to_add[0]").And.Contain("local_reply_config.body_format"));
    }

    private async Task<TestProxy> WithoutHosts(LocalReplyConfig reply)
    {
        await using var upstream = new FakeUpstream();
        return await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureCluster = c => c with { Endpoints = [] },
            ConfigureHttp = h => h with { LocalReply = reply },
        });
    }
}
