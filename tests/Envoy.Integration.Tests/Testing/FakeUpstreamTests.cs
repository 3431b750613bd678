using System.Net.Sockets;
using System.Text;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Testing;

/// <summary>The fake upstream does what it says, seen by a client without any proxy between.</summary>
public sealed class FakeUpstreamTests
{
    private const string Get = "GET / HTTP/1.1\r\nhost: test\r\n\r\n";

    [Test]
    public async Task Requests_AreRecorded()
    {
        await using var upstream = new FakeUpstream();
        using var client = await RawClient.ConnectAsync(upstream.EndPoint);
        await client.ExchangeAsync("PUT /a?b HTTP/1.1\r\nHost: test\r\nX-Name: value\r\ncontent-length: 4\r\n\r\nbody");
        var request = await upstream.ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Method, Is.EqualTo("PUT"));
            Assert.That(request.Path, Is.EqualTo("/a?b"));
            Assert.That(request.Headers["x-name"], Is.EqualTo("value"));
            Assert.That(request.BodyText, Is.EqualTo("body"));
            Assert.That(request.Number, Is.EqualTo(1));
            Assert.That(request.ConnectionNumber, Is.EqualTo(1));
            Assert.That(request.IsComplete, Is.True);
            Assert.That(upstream.Requests, Has.Count.EqualTo(1));
            Assert.That(upstream.OpenConnections, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Scripts_SequenceThenRuleThenDefault()
    {
        await using var upstream = new FakeUpstream()
            .AnswerNext(Answers.Status(500), Answers.Status(503))
            .Answer(r => r.Path == "/special", Answers.Ok("special"))
            .Answer(Answers.Ok("default"));
        using var client = await RawClient.ConnectAsync(upstream.EndPoint);
        var special = Get.Replace("GET / ", "GET /special ", StringComparison.Ordinal);
        var seen = new List<string>();
        foreach (var request in new[] { special, Get, special, Get })
        {
            var response = await client.ExchangeAsync(request);
            seen.Add($"{response.Status} {response.BodyText}".Trim());
        }

        Assert.That(seen, Is.EqualTo(["500", "503", "200 special", "200 default"]));
    }

    [Test]
    public async Task Reset_IsAResetOnTheWire()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Reset());
        using var client = await RawClient.ConnectAsync(upstream.EndPoint);
        await client.SendAsync(Get);
        var (bytes, end) = await client.ReadToEndAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(bytes, Is.Empty);
            Assert.That(end, Is.EqualTo(ConnectionEnd.Reset));
        }
    }

    [Test]
    public async Task Close_IsAnOrderlyEndOnTheWire()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Truncated(100, "a part"));
        using var client = await RawClient.ConnectAsync(upstream.EndPoint);
        await client.SendAsync(Get);
        var (bytes, end) = await client.ReadToEndAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Encoding.ASCII.GetString(bytes), Does.EndWith("content-length: 100\r\n\r\na part"));
            Assert.That(end, Is.EqualTo(ConnectionEnd.ByPeer));
            Assert.That((await upstream.EndedAsync()).End, Is.EqualTo(ConnectionEnd.BySelf));
        }
    }

    [Test]
    public async Task PeersEnd_IsTold([Values] bool reset)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        using var client = await RawClient.ConnectAsync(upstream.EndPoint);
        await client.SendAsync(Get);
        await upstream.ReceivedAsync();
        if (reset)
            client.Reset();
        else
            client.Dispose();
        Assert.That((await upstream.EndedAsync()).End, Is.EqualTo(reset ? ConnectionEnd.Reset : ConnectionEnd.ByPeer));
    }

    [Test]
    public async Task PlainTcp_ScriptHasTheConnection()
    {
        await using var upstream = new FakeUpstream().OnNextConnection(c => c.SendAsync("first")).OnConnection(c => c.EchoAsync());
        using (var first = await RawClient.ConnectAsync(upstream.EndPoint))
            Assert.That(Encoding.ASCII.GetString((await first.ReadToEndAsync()).Bytes), Is.EqualTo("first"));
        using var second = await RawClient.ConnectAsync(upstream.EndPoint);
        await second.SendAsync("echo");
        second.ShutdownSend();
        Assert.That(Encoding.ASCII.GetString((await second.ReadToEndAsync()).Bytes), Is.EqualTo("echo"));
    }

    [Test]
    public async Task ThatRefuses_Refuses()
    {
        await using var upstream = FakeUpstream.ThatRefuses();
        var e = await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(upstream.EndPoint));
        Assert.That(e!.SocketErrorCode, Is.EqualTo(SocketError.ConnectionRefused));
    }

    [Test]
    public async Task ScriptThatFails_FailsWhoeverWaits()
    {
        await using var upstream = new FakeUpstream().Answer(_ => throw new InvalidOperationException("the script's fault"));
        using var client = await RawClient.ConnectAsync(upstream.EndPoint);
        await client.SendAsync(Get);
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => upstream.ReceivedAsync(2));
        Assert.That(e!.Message, Is.EqualTo("the script's fault"));
        Assert.That((await client.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.Reset));
    }

    [Test]
    public async Task Dispose_WithOpenConnections_ResetsThem()
    {
        var upstream = new FakeUpstream();
        using var client = await RawClient.ConnectAsync(upstream.EndPoint);
        await client.ExchangeAsync(Get);
        await upstream.DisposeAsync();
        await upstream.DisposeAsync();
        Assert.That((await client.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.Reset));
    }
}
