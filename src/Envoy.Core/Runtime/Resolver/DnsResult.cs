using System.Net;

namespace Envoy.Runtime.Resolver;

/// <summary>The outcome of a look-up. Immutable.</summary>
public sealed class DnsResult
{
    private DnsResult(DnsStatus status, IReadOnlyList<IPAddress> addresses, string error)
    {
        Status = status;
        Addresses = addresses;
        Error = error;
    }

    /// <summary>Whether there was an answer.</summary>
    public DnsStatus Status { get; }

    /// <summary>The addresses in the resolver's order; empty if the name has none, and after a failure.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; }

    /// <summary>What went wrong, for people to read; empty after a success.</summary>
    public string Error { get; }

    /// <summary>An answer.</summary>
    /// <param name="addresses">Copied. None: the name exists without addresses, or does not exist. That empties a cluster.</param>
    public static DnsResult Success(params ReadOnlySpan<IPAddress> addresses) => new(DnsStatus.Success, addresses.ToArray(), "");

    /// <summary>No answer: whoever asked keeps the addresses it has.</summary>
    /// <param name="error">What went wrong, for people to read.</param>
    public static DnsResult Failure(string error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new(DnsStatus.Failure, [], error);
    }

    /// <inheritdoc/>
    public override string ToString() => Status == DnsStatus.Success ? $"[{string.Join(", ", Addresses)}]" : Error;
}
