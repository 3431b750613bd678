using Envoy.Config.Diagnostics;
using Envoy.Extensions;

namespace Envoy.Config;

/// <summary>A configuration was refused; the message shows every error on a line of its own.</summary>
public sealed class ConfigException : Exception
{
    /// <summary>An exception for <paramref name="errors"/>.</summary>
    public ConfigException(IReadOnlyList<ConfigError> errors)
        : base(ConfigErrorText.Format(errors)) => Errors = errors;

    /// <summary>An exception with a message alone.</summary>
    public ConfigException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with a message and a cause.</summary>
    public ConfigException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>An exception that says nothing.</summary>
    public ConfigException()
    {
    }

    /// <summary>Everything that is wrong, in file order.</summary>
    public IReadOnlyList<ConfigError> Errors { get; } = [];
}
