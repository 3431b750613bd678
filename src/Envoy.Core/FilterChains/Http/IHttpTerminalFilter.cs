namespace Envoy.FilterChains.Http;

/// <summary>What a filter that produces the response is told besides. Worker-owned.</summary>
internal interface IHttpTerminalFilter : IHttpRequestFilter
{
    /// <summary>Stops (true) or restarts (false) producing the response; calls do not nest.</summary>
    void HoldResponse(bool hold);

    /// <summary>Another answer takes the place of the one that is being made: nothing more of it may come.</summary>
    void Abort();
}
