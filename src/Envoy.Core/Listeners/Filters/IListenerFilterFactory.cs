namespace Envoy.Listeners.Filters;

/// <summary>Makes a filter for each new connection of one worker. Worker-owned.</summary>
public interface IListenerFilterFactory
{
    /// <summary>A filter for one connection.</summary>
    IListenerFilter Create();
}
