namespace Envoy.Runtime.Portable;

/// <summary>A finished operation on its way from an I/O thread to its worker; an intrusive list node, in one queue at a time.</summary>
internal interface ICompletion
{
    ICompletion? NextCompleted { get; set; }

    /// <summary>On the worker, from its poll.</summary>
    void OnCompleted();

    /// <summary>The worker has ended; on any thread.</summary>
    void OnDropped();
}
