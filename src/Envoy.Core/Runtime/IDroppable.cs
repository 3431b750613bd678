namespace Envoy.Runtime;

/// <summary>State of posted work that has something to give back, or somebody to tell, if the worker stops before the work has run.</summary>
internal interface IDroppable
{
    /// <summary>The work will never run. Called once, on the worker's thread while it ends.</summary>
    void OnDropped();
}
