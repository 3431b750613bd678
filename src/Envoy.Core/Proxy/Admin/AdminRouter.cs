using System.Net;
using System.Text;

namespace Envoy.Proxy.Admin;

/// <summary>
/// Answers requests to the admin interface. Knows no connection: a method, a path and a model go in, an answer comes out. Thread-safe if the
/// model's functions are.
/// </summary>
internal static class AdminRouter
{
    private const string Filter = "filter: Regular expression (Google re2) for filtering stats";
    private const string UsedOnly = "usedonly: Only include stats that have been written by system since restart";

    // In order of path, which is the order of /help.
    private static readonly AdminPath[] Paths =
    [
        new("/", "Admin home page", false, static (_, model) => new AdminResponse(200, AdminResponse.Html, Encoding.UTF8.GetBytes(Home(model)))),
        new("/clusters", "upstream cluster status", false, static (query, model) => IsJson(query)
            ? Json(ClustersPage.RenderJson(model.Clusters()))
            : Text(ClustersPage.RenderText(model.Clusters()))),
        new("/healthcheck/fail", "cause the server to fail health checks", true, static (_, model) => Act(() => model.FailHealthCheck!(true))),
        new("/healthcheck/ok", "cause the server to pass health checks", true, static (_, model) => Act(() => model.FailHealthCheck!(false))),
        new("/help", "print out list of admin commands", false, static (_, model) => Text(Help(model))),
        new("/hot_restart_version", "print the hot restart compatibility version", false, static (_, _) => Text(ServerPages.HotRestartVersion)),
        new("/listeners", "print listener info", false, static (query, model) => IsJson(query)
            ? Json(ServerPages.ListenersJson(model.Listeners()))
            : Text(ServerPages.ListenersText(model.Listeners())))
        {
            Parameters = ["format: File format to use; One of (text, json)"],
        },
        new("/quitquitquit", "exit the server", true, static (_, model) => Act(model.Quit)),
        new("/ready", "print server state, return 200 if LIVE, otherwise return 503", false, static (_, model) => Ready(model.Server().State)),
        new("/reopen_logs", "reopen access logs", true, static (_, model) => Act(model.ReopenLogs)),
        new("/reset_counters", "reset all counters to zero", true, static (_, model) => Act(model.Stats.ResetCounters)),
        new("/runtime", "print runtime values", false, static (_, model) => Json(RuntimePages.Render(model.Runtime!))),
        new("/runtime_modify", "Adds or modifies runtime values as passed in query parameters. To delete a previously added key, use an empty string as the value. Note that deletion only applies to overrides added via this endpoint; values loaded from disk can be modified via override but not deleted. E.g. ?key1=value1&key2=value2...", true, static (query, model) => RuntimePages.Modify(query, model.Runtime!)),
        new("/server_info", "print server version/status information", false, static (_, model) => Json(ServerPages.ServerInfo(model.Server()))),
        new("/stats", "print server stats", false, static (query, model) => Stats(query, model, prometheus: false))
        {
            Parameters =
            [
                UsedOnly,
                Filter,
                "format: Format to use; One of (text, json, prometheus)",
                "type: Stat types to include.; One of (All, Counters, Histograms, Gauges, TextReadouts)",
                "histogram_buckets: Histogram bucket display mode; One of (cumulative, disjoint, detailed, summary)",
            ],
        },
        new("/stats/prometheus", "print server stats in prometheus format", false, static (query, model) => Stats(query, model, prometheus: true))
        {
            Parameters =
            [
                UsedOnly,
                "text_readouts: Render text_readouts as new gauges with value 0 (increases Prometheus data size)",
                Filter,
                "histogram_buckets: Histogram bucket display mode; One of (cumulative, summary)",
            ],
        },
    ];

    /// <summary>Answers a request. What an action of the model throws passes through.</summary>
    /// <param name="method">The method; only POST may change anything.</param>
    /// <param name="pathAndQuery">The path with its query, as it came.</param>
    /// <param name="model">What the pages are made of.</param>
    public static AdminResponse Handle(string method, string pathAndQuery, AdminModel model)
    {
        var query = new AdminQuery(pathAndQuery);
        foreach (var path in Paths)
        {
            if (path.Path != query.Path || !Exists(path, model))
                continue;
            if (path.Mutates && method != "POST")
                return AdminResponse.OfText(405, $"Method {method} not allowed, POST required.");
            return path.Handle(query, model);
        }

        return AdminResponse.OfText(404, "invalid path. " + Help(model));
    }

    private static bool Exists(AdminPath path, AdminModel model)
        => (model.FailHealthCheck is not null || !path.Path.StartsWith("/healthcheck/", StringComparison.Ordinal))
            && (model.Runtime is not null || !path.Path.StartsWith("/runtime", StringComparison.Ordinal));

    private static bool IsJson(AdminQuery query) => query.NonEmpty("format") == "json";

    private static AdminResponse Text(string text) => AdminResponse.OfText(200, text);

    private static AdminResponse Json(ReadOnlyMemory<byte> body) => new(200, AdminResponse.Json, body);

    private static AdminResponse Act(Action action)
    {
        action();
        return Text("OK\n");
    }

    private static AdminResponse Ready(ServerState state)
        => AdminResponse.OfText(state == ServerState.Live ? 200 : 503, ServerPages.StateName(state) + "\n");

    private static AdminResponse Stats(AdminQuery parameters, AdminModel model, bool prometheus)
    {
        if (StatsQuery.Parse(parameters, out var error) is not { } query)
            return AdminResponse.OfText(400, error);
        prometheus |= query.Format == StatsFormat.Prometheus;
        if (prometheus && PrometheusPage.Refusal(query) is { } refusal)
            return AdminResponse.OfText(400, refusal);
        model.FlushStats?.Invoke();
        if (prometheus)
            return Text(PrometheusPage.Render(model.Stats, query));
        return query.Format == StatsFormat.Json ? Json(StatsJsonPage.Render(model.Stats, query)) : Text(StatsTextPage.Render(model.Stats, query));
    }

    private static string Help(AdminModel model)
    {
        var page = new StringBuilder("admin commands are:\n");
        foreach (var path in Paths)
        {
            if (!Exists(path, model))
                continue;
            page.Append("  ").Append(path.Path).Append(path.Mutates ? " (POST)" : "").Append(": ").Append(path.Help).Append('\n');
            foreach (var parameter in path.Parameters)
                page.Append("      ").Append(parameter).Append('\n');
        }

        return page.ToString();
    }

    private static string Home(AdminModel model)
    {
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Envoy Admin</title></head>\n<body>\n<table>\n");
        foreach (var path in Paths)
        {
            if (path.Path == "/" || !Exists(path, model))
                continue;
            page.Append("<tr><td>");
            if (path.Mutates)
                page.Append("<form action=\"").Append(path.Path[1..]).Append("\" method=\"post\"><button>").Append(path.Path[1..]).Append("</button></form>");
            else
                page.Append("<a href=\"").Append(path.Path[1..]).Append("\">").Append(path.Path[1..]).Append("</a>");
            page.Append("</td><td>").Append(WebUtility.HtmlEncode(path.Help)).Append("</td></tr>\n");
        }

        return page.Append("</table>\n</body>\n</html>\n").ToString();
    }
}
