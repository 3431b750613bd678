using System.Net;
using System.Net.Sockets;
using Envoy.Runtime.Resolver;

namespace Envoy.Testing;

/// <summary>Answers look-ups from a table that a test fills and changes; a name that is not in it has no addresses. Thread-safe.</summary>
public sealed class FakeDnsResolver : IDnsResolver
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, DnsResult> _answers = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int> _counts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Journal<string> _asked = new("look-up");

    /// <summary>The names asked for so far, in order.</summary>
    public IReadOnlyList<string> Asked => _asked.ToList();

    /// <summary>From now on <paramref name="name"/> has these addresses.</summary>
    /// <param name="name">A host name, any case.</param>
    /// <param name="addresses">IP literals; none: the name has no addresses.</param>
    /// <exception cref="FormatException">One is no IP literal.</exception>
    public FakeDnsResolver Set(string name, params IEnumerable<string> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        IPAddress[] parsed = [.. addresses.Select(IPAddress.Parse)];
        lock (_lock)
            _answers[name] = DnsResult.Success(parsed);
        return this;
    }

    /// <summary>From now on looking <paramref name="name"/> up fails: nobody knows whether it has addresses.</summary>
    public FakeDnsResolver Fail(string name, string error = "the name server does not answer")
    {
        lock (_lock)
            _answers[name] = DnsResult.Failure(error);
        return this;
    }

    /// <summary>How often <paramref name="name"/> was asked for.</summary>
    public int CountOf(string name)
    {
        lock (_lock)
            return _counts.GetValueOrDefault(name);
    }

    /// <summary>Waits for look-up <paramref name="number"/> (from 1), of any name.</summary>
    /// <exception cref="TimeoutException">It did not come within 30 s.</exception>
    public Task<string> AskedAsync(int number = 1, CancellationToken cancellationToken = default) => _asked.AtAsync(number, cancellationToken);

    /// <inheritdoc/>
    public void Resolve(string name, AddressFamily family, Action<DnsResult> done)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(done);
        DnsResult result;
        lock (_lock)
        {
            _counts[name] = _counts.GetValueOrDefault(name) + 1;
            result = _answers.GetValueOrDefault(name) ?? DnsResult.Success();
        }

        done(result);
        _asked.Add(name);
    }
}
