using System.Text.Json;
using Envoy.Clusters;
using Envoy.Net;
using Envoy.Proxy;
using Envoy.Proxy.Admin;
using Envoy.Stats;

namespace Envoy.Core.Tests.Admin;

internal sealed class AdminRouterTests
{
    private StatsStore _stats = null!;
    private AdminModel _model = null!;
    private ServerState _state;
    private bool? _failing;
    private int _quits;

    [SetUp]
    public void SetUp()
    {
        _stats = new StatsStore(1);
        _state = ServerState.Live;
        _failing = null;
        _quits = 0;
        _model = new AdminModel
        {
            Stats = _stats,
            Server = () => new ServerView("0.1.0", _state, TimeSpan.FromSeconds(61.9), 2, new NodeConfig { Id = "n1", Cluster = "c1", Zone = "z" })
            {
                ConfigPath = "envoy.yaml",
            },
            Clusters = () =>
            [
                new ClusterView("service", [
                    new HostView(new SocketAddressConfig("127.0.0.1", 80))
                    {
                        Hostname = "one", CxTotal = 2, CxActive = 1, RqTotal = 5, RqSuccess = 4, RqError = 1, Region = "r",
                    },
                    new HostView(new SocketAddressConfig("::1", 81))
                    {
                        Weight = 3, Priority = 1, SuccessRate = 43.2,
                        HealthFlags = HostHealthFlags.FailedActiveHc | HostHealthFlags.DegradedEdsHealth,
                    },
                ]),
                new ClusterView("empty", []) { ObservabilityName = "alt", AddedViaApi = true, DefaultPriority = new CircuitBreakerConfig { MaxConnections = 1 } },
            ],
            Listeners = () =>
            [
                new ListenerView("ingress", [new SocketAddressConfig("0.0.0.0", 8080), new PipeAddressConfig("/tmp/x.sock")]),
                new ListenerView("six", [new SocketAddressConfig("::1", 80)]),
            ],
            Quit = () => _quits++,
            FailHealthCheck = fail => _failing = fail,
        };
    }

    [TestCase(0, 200, "LIVE\n")]
    [TestCase(1, 503, "DRAINING\n")]
    [TestCase(2, 503, "PRE_INITIALIZING\n")]
    [TestCase(3, 503, "INITIALIZING\n")]
    public void Ready_State_DecidesTheStatus(int state, int status, string body)
    {
        _state = (ServerState)state;
        Assert.That(Get("/ready"), Is.EqualTo((status, AdminResponse.Text, body)));
    }

    [Test]
    public void ServerInfo_IsEnvoysJson() => Assert.That(Get("/server_info"), Is.EqualTo((200, AdminResponse.Json, """
        {
         "version": "0.1.0",
         "state": "LIVE",
         "uptime_current_epoch": "61s",
         "uptime_all_epochs": "61s",
         "hot_restart_version": "disabled",
         "command_line_options": {
          "concurrency": 2,
          "config_path": "envoy.yaml",
          "config_yaml": "",
          "log_level": "info",
          "service_cluster": "c1",
          "service_node": "n1",
          "service_zone": "z",
          "drain_time": "600s",
          "drain_strategy": "Gradual",
          "mode": "Serve",
          "disable_hot_restart": true,
          "restart_epoch": 0
         },
         "node": {
          "id": "n1",
          "cluster": "c1",
          "locality": {
           "region": "",
           "zone": "z",
           "sub_zone": ""
          },
          "user_agent_name": "envoy"
         }
        }

        """)));

    [Test]
    public void Listeners_Text_IsNameAndAddress() => Assert.That(
        Get("/listeners"),
        Is.EqualTo((200, AdminResponse.Text, "ingress::0.0.0.0:8080\ningress::/tmp/x.sock\nsix::[::1]:80\n")));

    [Test]
    public void Listeners_Json_IsEnvoys() => Assert.That(Get("/listeners?format=json"), Is.EqualTo((200, AdminResponse.Json, """
        {
         "listener_statuses": [
          {
           "name": "ingress",
           "local_address": {
            "socket_address": {
             "address": "0.0.0.0",
             "port_value": 8080
            }
           },
           "additional_local_addresses": [
            {
             "pipe": {
              "path": "/tmp/x.sock"
             }
            }
           ]
          },
          {
           "name": "six",
           "local_address": {
            "socket_address": {
             "address": "::1",
             "port_value": 80
            }
           }
          }
         ]
        }

        """)));

    [Test]
    public void Clusters_Text_IsEnvoys()
    {
        var (status, type, body) = Get("/clusters");
        Assert.That((status, type), Is.EqualTo((200, AdminResponse.Text)));
        Assert.That(body, Is.EqualTo("""
            service::observability_name::service
            service::default_priority::max_connections::1024
            service::default_priority::max_pending_requests::1024
            service::default_priority::max_requests::1024
            service::default_priority::max_retries::3
            service::high_priority::max_connections::1024
            service::high_priority::max_pending_requests::1024
            service::high_priority::max_requests::1024
            service::high_priority::max_retries::3
            service::added_via_api::false
            service::127.0.0.1:80::cx_active::1
            service::127.0.0.1:80::cx_connect_fail::0
            service::127.0.0.1:80::cx_total::2
            service::127.0.0.1:80::rq_active::0
            service::127.0.0.1:80::rq_error::1
            service::127.0.0.1:80::rq_success::4
            service::127.0.0.1:80::rq_timeout::0
            service::127.0.0.1:80::rq_total::5
            service::127.0.0.1:80::hostname::one
            service::127.0.0.1:80::health_flags::healthy
            service::127.0.0.1:80::weight::1
            service::127.0.0.1:80::region::r
            service::127.0.0.1:80::zone::
            service::127.0.0.1:80::sub_zone::
            service::127.0.0.1:80::canary::false
            service::127.0.0.1:80::priority::0
            service::127.0.0.1:80::success_rate::-1
            service::127.0.0.1:80::local_origin_success_rate::-1
            service::[::1]:81::cx_active::0
            service::[::1]:81::cx_connect_fail::0
            service::[::1]:81::cx_total::0
            service::[::1]:81::rq_active::0
            service::[::1]:81::rq_error::0
            service::[::1]:81::rq_success::0
            service::[::1]:81::rq_timeout::0
            service::[::1]:81::rq_total::0
            service::[::1]:81::hostname::
            service::[::1]:81::health_flags::/failed_active_hc/degraded_eds_health
            service::[::1]:81::weight::3
            service::[::1]:81::region::
            service::[::1]:81::zone::
            service::[::1]:81::sub_zone::
            service::[::1]:81::canary::false
            service::[::1]:81::priority::1
            service::[::1]:81::success_rate::43.2
            service::[::1]:81::local_origin_success_rate::-1
            empty::observability_name::alt
            empty::default_priority::max_connections::1
            empty::default_priority::max_pending_requests::1024
            empty::default_priority::max_requests::1024
            empty::default_priority::max_retries::3
            empty::high_priority::max_connections::1024
            empty::high_priority::max_pending_requests::1024
            empty::high_priority::max_requests::1024
            empty::high_priority::max_retries::3
            empty::added_via_api::true

            """));
    }

    [Test]
    public void Clusters_Json_IsEnvoys()
    {
        var (status, type, body) = Get("/clusters?format=json");
        Assert.That((status, type), Is.EqualTo((200, AdminResponse.Json)));
        Assert.That(body, Does.StartWith("""
            {
             "cluster_statuses": [
              {
               "name": "service",
               "host_statuses": [
                {
                 "address": {
                  "socket_address": {
                   "address": "127.0.0.1",
                   "port_value": 80
                  }
                 },
                 "stats": [
                  {
                   "name": "cx_connect_fail"
                  },
                  {
                   "value": "2",
                   "name": "cx_total"
                  },

            """));
        using var json = JsonDocument.Parse(body);
        var clusters = json.RootElement.GetProperty("cluster_statuses");
        var second = clusters[0].GetProperty("host_statuses")[1];
        Assert.Multiple(() =>
        {
            Assert.That(second.GetProperty("health_status").GetRawText().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal),
                Is.EqualTo("""{"failed_active_health_check":true,"eds_health_status":"DEGRADED"}"""));
            Assert.That(second.GetProperty("success_rate").GetProperty("value").GetDouble(), Is.EqualTo(43.2));
            Assert.That(second.GetProperty("weight").GetInt32(), Is.EqualTo(3));
            Assert.That(second.GetProperty("priority").GetInt32(), Is.EqualTo(1));
            Assert.That(clusters[0].TryGetProperty("added_via_api", out _), Is.False);
            Assert.That(clusters[1].GetProperty("added_via_api").GetBoolean());
            Assert.That(clusters[1].GetProperty("observability_name").GetString(), Is.EqualTo("alt"));
            Assert.That(clusters[1].TryGetProperty("host_statuses", out _), Is.False);
            Assert.That(clusters[1].GetProperty("circuit_breakers").GetProperty("thresholds")[1].GetProperty("priority").GetString(), Is.EqualTo("HIGH"));
        });
    }

    [Test]
    public void QuitQuitQuit_Post_AsksTheHost()
    {
        Assert.That(Get("/quitquitquit"), Is.EqualTo((405, AdminResponse.Text, "Method GET not allowed, POST required.")));
        Assert.That(_quits, Is.Zero);
        Assert.That(Ask("POST", "/quitquitquit"), Is.EqualTo((200, AdminResponse.Text, "OK\n")));
        Assert.That(_quits, Is.EqualTo(1));
    }

    [Test]
    public void HealthCheck_Post_TellsTheProxy()
    {
        Assert.That(Get("/healthcheck/fail").Status, Is.EqualTo(405));
        Assert.That(_failing, Is.Null);
        Ask("POST", "/healthcheck/fail");
        Assert.That(_failing, Is.True);
        Ask("POST", "/healthcheck/ok");
        Assert.That(_failing, Is.False);
        _model = _model with { FailHealthCheck = null };
        Assert.That(Ask("POST", "/healthcheck/ok").Status, Is.EqualTo(404));
        Assert.That(Get("/help").Body, Does.Not.Contain("healthcheck"));
    }

    [Test]
    public void ResetCounters_Post_CountsFromZero()
    {
        _stats.Counter("c").Cell(0).Add(5);
        Assert.That(Ask("POST", "/reset_counters"), Is.EqualTo((200, AdminResponse.Text, "OK\n")));
        Assert.That(_stats.Counter("c").Value, Is.Zero);
    }

    [Test]
    public void Help_ListsPathsWithParameters()
    {
        var (status, type, body) = Get("/help");
        Assert.That((status, type), Is.EqualTo((200, AdminResponse.Text)));
        Assert.That(body, Is.EqualTo("""
            admin commands are:
              /: Admin home page
              /clusters: upstream cluster status
              /healthcheck/fail (POST): cause the server to fail health checks
              /healthcheck/ok (POST): cause the server to pass health checks
              /help: print out list of admin commands
              /hot_restart_version: print the hot restart compatibility version
              /listeners: print listener info
                  format: File format to use; One of (text, json)
              /quitquitquit (POST): exit the server
              /ready: print server state, return 200 if LIVE, otherwise return 503
              /reopen_logs (POST): reopen access logs
              /reset_counters (POST): reset all counters to zero
              /server_info: print server version/status information
              /stats: print server stats
                  usedonly: Only include stats that have been written by system since restart
                  filter: Regular expression (Google re2) for filtering stats
                  format: Format to use; One of (text, json, prometheus)
                  type: Stat types to include.; One of (All, Counters, Histograms, Gauges, TextReadouts)
                  histogram_buckets: Histogram bucket display mode; One of (cumulative, disjoint, detailed, summary)
              /stats/prometheus: print server stats in prometheus format
                  usedonly: Only include stats that have been written by system since restart
                  text_readouts: Render text_readouts as new gauges with value 0 (increases Prometheus data size)
                  filter: Regular expression (Google re2) for filtering stats
                  histogram_buckets: Histogram bucket display mode; One of (cumulative, summary)

            """));
    }

    [TestCase("/nothing")]
    [TestCase("/stats/")]
    [TestCase("/Ready")]
    [TestCase("")]
    [TestCase("?x")]
    public void Path_Unknown_Is404WithHelp(string path)
    {
        var (status, type, body) = Get(path);
        Assert.That((status, type), Is.EqualTo((404, AdminResponse.Text)));
        Assert.That(body, Does.StartWith("invalid path. admin commands are:\n  /: Admin home page\n"));
    }

    [Test]
    public void Home_LinksTheOthers()
    {
        var (status, type, body) = Get("/");
        Assert.That((status, type), Is.EqualTo((200, AdminResponse.Html)));
        Assert.That(body, Does.Contain("<a href=\"stats/prometheus\">").And.Contain("<form action=\"quitquitquit\" method=\"post\">"));
    }

    [Test]
    public void HotRestartVersion_IsDisabled() => Assert.That(Get("/hot_restart_version").Body, Is.EqualTo("disabled"));

    private (int Status, string Type, string Body) Get(string path) => Ask("GET", path);

    private (int Status, string Type, string Body) Ask(string method, string path)
    {
        var response = AdminRouter.Handle(method, path, _model);
        return (response.Status, response.ContentType, response.BodyText);
    }
}
