namespace Envoy.Proxy;

/// <summary>A proxy could not start, for instance because a port is taken. Nothing of it is left running. Immutable.</summary>
public sealed class ProxyStartException : IOException
{
    /// <summary>An exception without a message of its own.</summary>
    public ProxyStartException()
    {
    }

    /// <summary>An exception with a message.</summary>
    public ProxyStartException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with a message and its cause.</summary>
    public ProxyStartException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
