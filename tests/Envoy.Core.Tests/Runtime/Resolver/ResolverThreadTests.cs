using System.Net;
using System.Net.Sockets;
using Envoy.Runtime.Resolver;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Core.Tests.Runtime.Resolver;

[TestFixture]
public sealed class ResolverThreadTests
{
    [Test]
    public async Task Resolve_Name_AnswersFromItsOwnThread()
    {
        Thread? thread = null;
        using var resolver = Make((name, family) =>
        {
            thread = Thread.CurrentThread;
            return [IPAddress.Parse(name == "a" && family == AddressFamily.InterNetwork ? "10.0.0.1" : "10.0.0.2")];
        });
        var result = await Ask(resolver, "a", AddressFamily.InterNetwork);
        Assert.That(result.Status, Is.EqualTo(DnsStatus.Success));
        Assert.That(result.Addresses, Is.EqualTo(new[] { IPAddress.Parse("10.0.0.1") }));
        Assert.That((thread!.Name, thread.IsBackground, thread.IsThreadPoolThread), Is.EqualTo(("resolver", true, false)));
    }

    [TestCase(SocketError.HostNotFound, DnsStatus.Success)]
    [TestCase(SocketError.NoData, DnsStatus.Success)]
    [TestCase(SocketError.TryAgain, DnsStatus.Failure)]
    [TestCase(SocketError.NoRecovery, DnsStatus.Failure)]
    public async Task Resolve_SystemError_NoSuchNameIsAnEmptyAnswerAndTheRestAreFailures(SocketError error, DnsStatus status)
    {
        using var resolver = Make((_, _) => throw new SocketException((int)error));
        var result = await Ask(resolver, "a");
        Assert.That((result.Status, result.Addresses.Count), Is.EqualTo((status, 0)));
        Assert.That(result.Error.Length > 0, Is.EqualTo(status == DnsStatus.Failure));
    }

    [Test]
    public async Task Resolve_NameTooLong_IsAFailureAndTheThreadGoesOn()
    {
        using var resolver = new ResolverThread(NullLogger.Instance);
        Assert.That((await Ask(resolver, new string('a', 300))).Status, Is.EqualTo(DnsStatus.Failure));
        Assert.That((await Ask(resolver, "localhost")).Addresses.All(IPAddress.IsLoopback), Is.True);
    }

    [Test]
    public async Task Resolve_NameInFlight_SharesTheAnswer()
    {
        using var gate = new ManualResetEventSlim();
        var asked = 0;
        using var resolver = Make((_, _) =>
        {
            gate.Wait();
            Interlocked.Increment(ref asked);
            return [IPAddress.Loopback];
        });
        var first = Ask(resolver, "Name");
        var second = Ask(resolver, "name");
        var other = Ask(resolver, "name", AddressFamily.InterNetworkV6);
        Assert.That(resolver.Pending, Is.EqualTo(2));
        gate.Set();
        await Task.WhenAll(first, second, other);
        Assert.That(asked, Is.EqualTo(2));
        await Ask(resolver, "name");
        Assert.That(asked, Is.EqualTo(3), "an answer is not kept");
    }

    [Test]
    public async Task Resolve_QueueFull_FailsAtOnceAndCounts()
    {
        using var gate = new ManualResetEventSlim();
        using var begun = new ManualResetEventSlim();
        using var resolver = Make(
            (_, _) =>
            {
                begun.Set();
                gate.Wait();
                return [];
            },
            limit: 2);
        var running = Ask(resolver, "running");
        begun.Wait();
        var waiting = Task.WhenAll(Ask(resolver, "one"), Ask(resolver, "two"));
        var refused = Ask(resolver, "three");
        var shared = Ask(resolver, "two");
        Assert.That((refused.IsCompleted, resolver.Overflow), Is.EqualTo((true, 1L)));
        Assert.That((await refused).Status, Is.EqualTo(DnsStatus.Failure));
        gate.Set();
        await Task.WhenAll(running, waiting, shared);
    }

    [Test]
    public async Task Resolve_CallbackThrows_OthersAreStillTold()
    {
        using var resolver = Make((_, _) => []);
        resolver.Resolve("a", AddressFamily.Unspecified, _ => throw new InvalidOperationException());
        Assert.That((await Ask(resolver, "b")).Status, Is.EqualTo(DnsStatus.Success));
    }

    [Test]
    public async Task Dispose_DropsWhatWaitsAndEndsTheThread()
    {
        using var gate = new ManualResetEventSlim();
        using var begun = new ManualResetEventSlim();
        Thread? thread = null;
        var resolver = Make((_, _) =>
        {
            thread = Thread.CurrentThread;
            begun.Set();
            gate.Wait();
            return [];
        });
        var running = Ask(resolver, "running");
        var waiting = Ask(resolver, "waiting");
        begun.Wait();
        resolver.Dispose();
        resolver.Dispose();
        Assert.That(resolver.Stopped.IsCompleted, Is.False, "the system is still asked");
        gate.Set();
        await resolver.Stopped;
        thread!.Join();
        var late = Ask(resolver, "late");
        Assert.That((running.IsCompleted, waiting.IsCompleted, late.IsCompleted), Is.EqualTo((false, false, false)));
    }

    [Test]
    public void Dispose_NeverAsked_HasNoThread()
    {
        var resolver = Make((_, _) => []);
        resolver.Dispose();
        Assert.That(resolver.Stopped.IsCompletedSuccessfully, Is.True);
    }

    private static ResolverThread Make(Func<string, AddressFamily, IPAddress[]> lookUp, int limit = ResolverThread.DefaultLimit)
        => new(NullLogger.Instance, limit, lookUp);

    private static Task<DnsResult> Ask(ResolverThread resolver, string name, AddressFamily family = AddressFamily.Unspecified)
    {
        var done = new TaskCompletionSource<DnsResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        resolver.Resolve(name, family, done.SetResult);
        return done.Task;
    }
}
