using System.Globalization;
using System.Text;
using Envoy.Extensions;
using Envoy.Routing;

namespace Envoy.Proxy;

/// <summary>A request to ask about. Immutable.</summary>
/// <param name="Method">The method.</param>
/// <param name="Url">An absolute <c>http</c> or <c>https</c> URL.</param>
public sealed record ExplainRequest(string Method, string Url)
{
    /// <summary>Further headers, names in any case. Default: none.</summary>
    public ValueList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The listener that the request comes to; empty (default): the first with an HTTP connection manager.</summary>
    public string Listener { get; init; } = "";

    /// <summary>The request's random number, which decides about shares and weights. Default 0.</summary>
    public ulong RandomValue { get; init; }
}

/// <summary>What a proxy would do with a request, and why. Immutable.</summary>
/// <param name="Listener">The listener.</param>
/// <param name="FilterChain">The place of its filter chain, from 0; <see cref="DefaultFilterChain"/> is the default one.</param>
/// <param name="StatPrefix">The connection manager, by the name of its statistics.</param>
/// <param name="Route">What its route table does.</param>
public sealed record RequestExplanation(string Listener, int FilterChain, string StatPrefix, RouteExplanation Route)
{
    /// <summary>The place of the listener's default filter chain.</summary>
    public const int DefaultFilterChain = -1;

    /// <summary>Several lines for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Line("listener", $"{Listener}, {(FilterChain == DefaultFilterChain ? "default filter chain" : $"filter chain {FilterChain}")}, http.{StatPrefix}");
        Line("virtual host", Route.VirtualHost ?? "none has this host");
        foreach (var skipped in Route.Skipped)
            Line($"route {skipped.Index}{(skipped.Name.Length > 0 ? $" ({skipped.Name})" : "")}", "no: " + skipped.Reason);
        if (Route.RouteName is { } name)
            Line(Route.RouteIndex < 0 ? "require_tls" : $"route {Route.RouteIndex}{(name.Length > 0 ? $" ({name})" : "")}", "yes");
        switch (Route.Outcome)
        {
            case RouteOutcome.Forward:
                Line("action", $"forward to cluster {Route.Cluster}");
                Line("upstream sees", $"{Route.Host}{Route.Path}");
                Line("timeout", Seconds(Route.Timeout));
                if (Route.PerTryTimeout is not null)
                    Line("per try", Seconds(Route.PerTryTimeout));
                break;
            case RouteOutcome.Redirect:
                Line("action", string.Create(CultureInfo.InvariantCulture, $"redirect {Route.Status} to {Route.Location}"));
                break;
            case RouteOutcome.DirectResponse:
                Line("action", string.Create(CultureInfo.InvariantCulture, $"answer {Route.Status}"));
                break;
            default:
                Line("action", "no route: 404");
                break;
        }

        return text.ToString();

        void Line(string label, string value) => text.Append(label).Append(": ").Append(value).Append('\n');
    }

    private static string Seconds(TimeSpan? time) => time is { } limit ? ConfigDuration.Format(limit) : "none";
}
