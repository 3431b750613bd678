namespace Envoy.FilterChains.Http;

/// <summary>The redirects that were followed here for one request. Worker-owned.</summary>
internal sealed class RedirectHistory
{
    private readonly List<(string From, string To)> _steps = [];

    public int Count => _steps.Count;

    /// <summary>The request that is asked next has no body, whatever the last one's was.</summary>
    public bool DropsBody { get; set; }

    public void Add((string From, string To) step) => _steps.Add(step);

    /// <summary>Whether the one route has led to the other before.</summary>
    public bool Contains(string from, string to) => _steps.Contains((from, to));

    public void Clear()
    {
        _steps.Clear();
        DropsBody = false;
    }
}
