using System.Net;
using System.Net.Sockets;
using Envoy.Runtime.Resolver;

namespace Envoy.Core.Tests.Clusters;

/// <summary>Keeps questions until the test answers them.</summary>
internal sealed class FakeResolver : IDnsResolver
{
    private readonly List<(string Name, AddressFamily Family, Action<DnsResult> Done)> _open = [];

    /// <summary>Thrown at whoever asks, if set.</summary>
    public Exception? Throws { get; set; }

    /// <summary>All questions so far.</summary>
    public List<(string Name, AddressFamily Family)> Asked { get; } = [];

    public int Open => _open.Count;

    public void Resolve(string name, AddressFamily family, Action<DnsResult> done)
    {
        Asked.Add((name, family));
        if (Throws is { } e)
            throw e;
        _open.Add((name, family, done));
    }

    public void Answer(string name, params string[] addresses) => Tell(name, DnsResult.Success([.. addresses.Select(IPAddress.Parse)]));

    public void Fail(string name) => Tell(name, DnsResult.Failure("no server answers"));

    public Action<DnsResult> Take(string name)
    {
        var at = _open.FindIndex(question => question.Name == name);
        Assert.That(at, Is.Not.Negative, $"nobody asked for {name}");
        var done = _open[at].Done;
        _open.RemoveAt(at);
        return done;
    }

    private void Tell(string name, DnsResult result) => Take(name)(result);
}
