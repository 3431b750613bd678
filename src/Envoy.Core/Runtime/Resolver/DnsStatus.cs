namespace Envoy.Runtime.Resolver;

/// <summary>How a look-up ended.</summary>
public enum DnsStatus
{
    /// <summary>There was an answer, which may say that the name has no addresses.</summary>
    Success,

    /// <summary>There was no answer: nobody knows whether the name has addresses.</summary>
    Failure,
}
