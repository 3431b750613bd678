using Envoy.AccessLog.Files;
using Envoy.Extensions;

namespace Envoy.AccessLog;

/// <summary>
/// Base of every access log's options record. A log of one's own is an <see cref="IAccessLog"/> in <see cref="CustomAccessLogOptions"/>.
/// Immutable.
/// </summary>
public abstract record AccessLogOptions
{
    /// <summary>Checks the options, such as the operators of a format. Default: nothing.</summary>
    public virtual void Validate(ConfigValidation validation)
    {
    }

    /// <summary>Compiles the options, which have been validated, once for all workers; on the main thread.</summary>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be opened.</exception>
    internal abstract ICompiledAccessLog Compile(LogFiles files);
}
