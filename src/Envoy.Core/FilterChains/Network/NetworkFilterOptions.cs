using Envoy.Extensions;

namespace Envoy.FilterChains.Network;

/// <summary>Base of every network filter's options record: what was asked for, and the way to its compiled form. Immutable.</summary>
public abstract record NetworkFilterOptions
{
    /// <summary>The filter ends the chain (it answers or forwards): it must be the last, and the last must be one. Default false.</summary>
    public virtual bool IsTerminal => false;

    /// <summary>Checks what only shows beside the rest of the configuration, such as the clusters it names. Default: nothing.</summary>
    public virtual void Validate(ConfigValidation validation)
    {
    }

    /// <summary>Compiles the options, which have been validated, once for all workers; on the main thread.</summary>
    protected internal abstract INetworkFilterSnapshot Compile(FilterCompileContext context);
}
