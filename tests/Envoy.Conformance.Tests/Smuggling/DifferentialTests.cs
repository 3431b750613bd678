using System.Text;
using Envoy.Conformance.Tests.Http1;

namespace Envoy.Conformance.Tests.Smuggling;

/// <summary>
/// What the proxy sends on has one reading: nginx, HAProxy and Node behind it find the request that it has found, no more, no less, or
/// refuse it. A request of our own follows each on the same connection; one that is swallowed, or cut, shows that they have not.
/// </summary>
public class DifferentialTests
{
    private const string Last = "GET /last HTTP/1.1\r\nhost: last\r\nconnection: close\r\n\r\n";

    [Test]
    public async Task ForwardedRequests_BehindUs_HaveOneReading()
    {
        var cases = Http1Case.Load(ConformanceData.Find("http1/cases.jsonl")).Where(c => !c.IsResponse && c.Steps.Count > 0).ToList();
        var forwarded = new Dictionary<string, (ForwardedRequest Request, string Case)>(StringComparer.Ordinal);
        await using (var recorder = await ForwardingRecorder.StartAsync())
        {
            foreach (var test in cases)
            {
                foreach (var request in await recorder.SendAsync(test.Steps))
                    forwarded.TryAdd(Encoding.Latin1.GetString(request.Bytes), (request, test.Id));
            }
        }

        using var peers = await Peers.StartAsync();
        Assume.That(peers.Started, Is.Not.Empty, "node is not installed");
        var failures = new List<string>();
        foreach (var peer in peers.Started)
        {
            var refused = 0;
            foreach (var (bytes, (request, id)) in forwarded)
            {
                var found = await peer.ReadAsync(request.Bytes, Last);
                if (Agrees(request, found))
                    refused += found[0] == "refused" ? 1 : 0;
                else
                    failures.Add($"{peer.Name}, {id}: found [{string.Join("; ", found)}] in {bytes.Replace("\r\n", "\\r\\n", StringComparison.Ordinal)}");
            }

            TestContext.Out.WriteLine($"{peer.Name}: {forwarded.Count} forwarded requests, {refused} of them refused");
            Assert.That(refused, Is.LessThan(forwarded.Count / 4), $"{peer.Name} must have read most of them");
        }

        Assert.That(failures, Is.Empty);
        Assert.That(forwarded, Has.Count.GreaterThan(60));
        TestContext.Out.WriteLine($"{cases.Count} cases; peers: {string.Join(", ", peers.Started.Select(p => p.Name))}");
    }

    [Test]
    public async Task Measurement_SeesARequestWithTwoReadings()
    {
        using var peers = await Peers.StartAsync();
        Assume.That(peers.Started, Is.Not.Empty, "node is not installed");
        // As if a proxy had taken 22 bytes for the body and the peer takes none: they become the next request, with ours as a header.
        var request = new ForwardedRequest("POST / HTTP/1.1\r\nhost: a\r\n\r\nGET /x HTTP/1.1\r\nx: "u8.ToArray(), "POST", "/", 22);
        foreach (var peer in peers.Started)
            Assert.That(Agrees(request, await peer.ReadAsync(request.Bytes, Last)), Is.False, peer.Name);
    }

    private static bool Agrees(ForwardedRequest request, IReadOnlyList<string> found)
    {
        const string FoundLast = "GET /last 0";
        var first = $"{request.Method} {request.Path} {request.BodyLength}";
        return found.Count switch
        {
            1 => found[0] == "refused",
            2 => (found[0] == first || found[0] == "refused") && (found[1] == FoundLast || (found[0] == "refused" && found[1] == "refused")),
            _ => false,
        };
    }
}
