using System.Text;
using Envoy.Conformance.Tests.Http1;

namespace Envoy.Conformance.Tests.Smuggling;

/// <summary>
/// What the proxy sends on has one reading: nginx, HAProxy and Node behind it find the request that it has found, with its body byte for
/// byte, no more, no less, or refuse it. A request of our own follows each on the same connection; one that is swallowed, or cut, shows that
/// they have not.
/// </summary>
public sealed class DifferentialTests
{
    private static readonly ForwardedRequest Last = new("GET /last HTTP/1.1\r\nhost: last\r\nconnection: close\r\n\r\n"u8.ToArray(), "GET", "/last", []);

    private readonly Dictionary<string, (ForwardedRequest Request, string Case)> _forwarded = new(StringComparer.Ordinal);
    private readonly List<string> _faults = [];
    private Peers _peers = null!;

    [OneTimeSetUp]
    public async Task RecordAndStart()
    {
        var cases = Http1Case.Load(ConformanceData.Find("http1/cases.jsonl")).Where(c => !c.IsResponse && c.Steps.Count > 0).ToList();
        await using (var recorder = await ForwardingRecorder.StartAsync())
        {
            foreach (var test in cases)
            {
                var (requests, faults) = await recorder.SendAsync(test.Steps);
                foreach (var request in requests)
                    _forwarded.TryAdd(Encoding.Latin1.GetString(request.Bytes), (request, test.Id));
                _faults.AddRange(faults.Select(f => $"{test.Id}: {f}"));
            }

            _faults.AddRange(await recorder.FinishAsync());
        }

        TestContext.Out.WriteLine($"{cases.Count} cases, {_forwarded.Count} different requests sent on");
        _peers = await Peers.StartAsync();
    }

    [OneTimeTearDown]
    public void Stop() => _peers?.Dispose();

    [Test]
    public void ForwardedRequests_AreWhole_AndNoMoreThanThereAre()
    {
        Assert.That(_faults, Is.Empty);
        Assert.That(_forwarded, Has.Count.GreaterThan(60));
    }

    [TestCase("Node")]
    [TestCase("nginx")]
    [TestCase("HAProxy")]
    public async Task ForwardedRequest_BehindUs_HasOneReading(string name)
    {
        var peer = Find(name);
        var failures = new List<string>();
        var read = new List<ForwardedRequest>();
        foreach (var (bytes, (request, id)) in _forwarded)
        {
            var found = await peer.ReadAsync([.. request.Bytes, .. Last.Bytes]);
            if (!Agrees(request, found))
                failures.Add($"{id}: found [{string.Join("; ", found)}], not [{request.Seen}], in {bytes.Replace("\r\n", "\\r\\n", StringComparison.Ordinal)}");
            else if (found[0] != "refused")
                read.Add(request);
        }

        TestContext.Out.WriteLine($"{_forwarded.Count} forwarded requests, {_forwarded.Count - read.Count} of them refused");
        Assert.That(failures, Is.Empty);
        Assert.That(read, Has.Count.GreaterThan(_forwarded.Count * 3 / 4), "it must have read most of them");

        // One after another on one connection, as a pool sends them: what one leaves behind would be the next one's beginning.
        var all = await peer.ReadAsync([.. read.SelectMany(r => r.Bytes), .. Last.Bytes]);
        Assert.That(all, Is.EqualTo(read.Append(Last).Select(r => r.Seen)));
    }

    [TestCase("Node")]
    [TestCase("nginx")]
    [TestCase("HAProxy")]
    public async Task Measurement_SeesARequestWithTwoReadings(string name)
    {
        // As if a proxy had taken 22 bytes for the body and the peer takes none: they become the next request, with ours as a header.
        var bytes = "POST / HTTP/1.1\r\nhost: a\r\n\r\nGET /x HTTP/1.1\r\nx: "u8.ToArray();
        var request = new ForwardedRequest(bytes, "POST", "/", bytes[^22..]);
        Assert.That(Agrees(request, await Find(name).ReadAsync([.. request.Bytes, .. Last.Bytes])), Is.False);
    }

    [TestCase("Node")]
    [TestCase("nginx")]
    [TestCase("HAProxy")]
    public async Task Measurement_SeesAnotherBodyOfTheSameLength(string name)
    {
        var request = new ForwardedRequest("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi"u8.ToArray(), "POST", "/", "ho"u8.ToArray());
        Assert.That(Agrees(request, await Find(name).ReadAsync([.. request.Bytes, .. Last.Bytes])), Is.False);
    }

    private static bool Agrees(ForwardedRequest request, IReadOnlyList<string> found) => found.Count switch
    {
        1 => found[0] == "refused",
        2 => (found[0] == request.Seen || found[0] == "refused") && (found[1] == Last.Seen || (found[0] == "refused" && found[1] == "refused")),
        _ => false,
    };

    private Peer Find(string name)
    {
        var peer = _peers.Find(name);
        if (peer is null)
            Assert.Ignore($"{name} is not installed");
        return peer!;
    }
}
