using Envoy.Extensions;
using Envoy.FilterChains;

namespace Envoy.Listeners.Filters;

/// <summary>Base of every listener filter's options record: what was asked for, and the way to its compiled form. Immutable.</summary>
public abstract record ListenerFilterOptions
{
    /// <summary>Checks what only shows beside the rest of the configuration, or on this platform. Default: nothing.</summary>
    public virtual void Validate(ConfigValidation validation)
    {
    }

    /// <summary>Compiles the options, which have been validated, once for all workers; on the main thread.</summary>
    protected internal abstract IListenerFilterSnapshot Compile(FilterCompileContext context);
}
