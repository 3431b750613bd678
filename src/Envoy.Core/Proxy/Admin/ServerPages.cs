using System.Text;
using System.Text.Json;

namespace Envoy.Proxy.Admin;

/// <summary><c>/server_info</c>, <c>/ready</c> and <c>/listeners</c>. Immutable.</summary>
internal static class ServerPages
{
    /// <summary>What <c>/hot_restart_version</c> says where there is no hot restart.</summary>
    public const string HotRestartVersion = "disabled";

    /// <summary>The state as <c>/ready</c> writes it.</summary>
    public static string StateName(ServerState state) => state switch
    {
        ServerState.Live => "LIVE",
        ServerState.Draining => "DRAINING",
        ServerState.PreInitializing => "PRE_INITIALIZING",
        _ => "INITIALIZING",
    };

    /// <summary>Renders <c>envoy.admin.v3.ServerInfo</c>.</summary>
    public static ReadOnlyMemory<byte> ServerInfo(ServerView server) => AdminJson.Write(server, static (json, server) =>
    {
        json.WriteString("version", server.Version);
        json.WriteString("state", StateName(server.State));
        json.WriteString("uptime_current_epoch", AdminJson.Duration(server.Uptime));
        json.WriteString("uptime_all_epochs", AdminJson.Duration(server.Uptime));
        json.WriteString("hot_restart_version", HotRestartVersion);
        json.WriteStartObject("command_line_options");
        json.WriteNumber("concurrency", server.Concurrency);
        json.WriteString("config_path", server.ConfigPath);
        json.WriteString("config_yaml", server.ConfigYaml);
        json.WriteString("log_level", server.LogLevel);
        json.WriteString("service_cluster", server.Node.Cluster);
        json.WriteString("service_node", server.Node.Id);
        json.WriteString("service_zone", server.Node.Zone);
        json.WriteString("drain_time", AdminJson.Duration(server.DrainTime));
        json.WriteString("drain_strategy", "Gradual");
        json.WriteString("mode", "Serve");
        json.WriteBoolean("disable_hot_restart", true);
        json.WriteNumber("restart_epoch", 0);
        json.WriteEndObject();
        Node(json, server.Node);
    });

    /// <summary>Renders lines of <c>name::address</c>.</summary>
    public static string ListenersText(IReadOnlyList<ListenerView> listeners)
    {
        var page = new StringBuilder();
        foreach (var listener in listeners)
        {
            foreach (var address in listener.LocalAddresses)
                page.Append(listener.Name).Append("::").Append(address).Append('\n');
        }

        return page.ToString();
    }

    /// <summary>Renders <c>envoy.admin.v3.Listeners</c>.</summary>
    public static ReadOnlyMemory<byte> ListenersJson(IReadOnlyList<ListenerView> listeners) => AdminJson.Write(listeners, static (json, listeners) =>
    {
        if (listeners.Count == 0)
            return;
        json.WriteStartArray("listener_statuses");
        foreach (var listener in listeners)
        {
            json.WriteStartObject();
            json.WriteString("name", listener.Name);
            for (var i = 0; i < listener.LocalAddresses.Count; i++)
            {
                if (i == 0)
                    json.WriteStartObject("local_address");
                else
                    json.WriteStartObject();
                AdminJson.Address(json, listener.LocalAddresses[i]);
                json.WriteEndObject();
                if (i == 0 && listener.LocalAddresses.Count > 1)
                    json.WriteStartArray("additional_local_addresses");
            }

            if (listener.LocalAddresses.Count > 1)
                json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static void Node(Utf8JsonWriter json, NodeConfig node)
    {
        json.WriteStartObject("node");
        json.WriteString("id", node.Id);
        json.WriteString("cluster", node.Cluster);
        if (node.Region.Length + node.Zone.Length + node.SubZone.Length > 0)
        {
            json.WriteStartObject("locality");
            json.WriteString("region", node.Region);
            json.WriteString("zone", node.Zone);
            json.WriteString("sub_zone", node.SubZone);
            json.WriteEndObject();
        }

        json.WriteString("user_agent_name", "envoy");
        json.WriteEndObject();
    }
}
