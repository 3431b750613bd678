using Envoy.Proxy;
using Envoy.Proxy.Admin;
using Envoy.Stats;

namespace Envoy.Core.Tests.Admin;

internal sealed class StatsPageTests
{
    private const string Zeros = "B0.5(0,0) B1(0,0) B5(0,0) B10(0,0) B25(0,0) B50(0,0) B100(0,0)";

    private StatsStore _stats = null!;
    private int _flushes;

    [SetUp]
    public void SetUp()
    {
        _stats = new StatsStore(1);
        _flushes = 0;
    }

    [Test]
    public void Text_AllKinds_IsEnvoys()
    {
        _stats.Counter("c1").Cell(0).Add(10);
        _stats.Counter("c2").Cell(0).Add(20);
        _stats.Gauge("c1a").Cell(0).Set(3);
        _stats.TextReadout("t").Set("hello world");
        _stats.Histogram("h1").Cell(0).Record(200);
        _stats.Histogram("h2").Cell(0).Record(100);
        _stats.Histogram("h3");
        _stats.MergeHistograms();

        Assert.That(Get("/stats"), Is.EqualTo((200, AdminResponse.Text,
            "t: \"hello world\"\n"
            + "c1: 10\n"
            + "c1a: 3\n"
            + "c2: 20\n"
            + "h1: P0(200,200) P25(202.5,202.5) P50(205,205) P75(207.5,207.5) P90(209,209) P95(209.5,209.5) P99(209.9,209.9) "
            + "P99.5(209.95,209.95) P99.9(209.99,209.99) P100(210,210)\n"
            + "h2: P0(100,100) P25(102.5,102.5) P50(105,105) P75(107.5,107.5) P90(109,109) P95(109.5,109.5) P99(109.9,109.9) "
            + "P99.5(109.95,109.95) P99.9(109.99,109.99) P100(110,110)\n"
            + "h3: No recorded values\n")));
        _stats.MergeHistograms();
        Assert.That(Get("/stats?filter=h1").Body, Does.StartWith("h1: P0(nan,200) P25(nan,202.5)"));
    }

    [Test]
    public void Text_HistogramBuckets_AreEnvoys()
    {
        var histogram = _stats.Histogram("h");
        histogram.Cell(0).Record(200);
        histogram.Cell(0).Record(300);
        _stats.MergeHistograms();
        histogram.Cell(0).Record(300);
        _stats.MergeHistograms();
        Assert.Multiple(() =>
        {
            Assert.That(Get("/stats?histogram_buckets=cumulative").Body, Is.EqualTo(
                $"h: {Zeros} B250(0,1) B500(1,3) B1000(1,3) B2500(1,3) B5000(1,3) B10000(1,3) B30000(1,3) B60000(1,3) "
                + "B300000(1,3) B600000(1,3) B1.8e+06(1,3) B3.6e+06(1,3)\n"));
            Assert.That(Get("/stats?histogram_buckets=disjoint").Body, Is.EqualTo(
                $"h: {Zeros} B250(0,1) B500(1,2) B1000(0,0) B2500(0,0) B5000(0,0) B10000(0,0) B30000(0,0) B60000(0,0) "
                + "B300000(0,0) B600000(0,0) B1.8e+06(0,0) B3.6e+06(0,0)\n"));
            Assert.That(Get("/stats?histogram_buckets=detailed").Body, Does.StartWith(
                "h:\n  totals=200,10:1, 300,10:2\n  intervals=300,10:1\n  summary=P0(300,200) "));
            Assert.That(Get("/stats?histogram_buckets=none").Body, Is.EqualTo(Get("/stats").Body));
        });
    }

    [Test]
    public void Parameters_SelectWhatIsShown()
    {
        _stats.Counter("cluster.a.upstream_cx_total").Cell(0).Inc();
        _stats.Counter("cluster.a.upstream_rq_total");
        _stats.Gauge("cluster.a.upstream_cx_active");
        _stats.Gauge("server.live").Cell(0).Set(0);
        _stats.Histogram("cluster.a.upstream_rq_time");
        _stats.TextReadout("control_plane.identifier").Set("x");
        Assert.Multiple(() =>
        {
            Assert.That(Get("/stats?usedonly").Body, Is.EqualTo("control_plane.identifier: \"x\"\ncluster.a.upstream_cx_total: 1\nserver.live: 0\n"));
            Assert.That(Get("/stats?type=Counters").Body, Is.EqualTo("cluster.a.upstream_cx_total: 1\ncluster.a.upstream_rq_total: 0\n"));
            Assert.That(Get("/stats?type=Gauges").Body, Is.EqualTo("cluster.a.upstream_cx_active: 0\nserver.live: 0\n"));
            Assert.That(Get("/stats?type=Histograms").Body, Is.EqualTo("cluster.a.upstream_rq_time: No recorded values\n"));
            Assert.That(Get("/stats?type=TextReadouts").Body, Is.EqualTo("control_plane.identifier: \"x\"\n"));
            Assert.That(Get("/stats?filter=rq").Body, Is.EqualTo("cluster.a.upstream_rq_total: 0\ncluster.a.upstream_rq_time: No recorded values\n"));
            Assert.That(Get("/stats?filter=%5Ecluster%5C.a%5C..%2Acx&type=Gauges").Body, Is.EqualTo("cluster.a.upstream_cx_active: 0\n"));
            Assert.That(Get("/stats?filter=&type=&format=&histogram_buckets=").Status, Is.EqualTo(200));
            Assert.That(Get("/stats?hidden=only").Body, Is.Empty);
            Assert.That(Get("/stats?filter=x%7B1000%7D").Status, Is.EqualTo(200));
        });
    }

    [TestCase("/stats?format=blergh", "usage: /stats?format=(json|prometheus|text)\n\n")]
    [TestCase("/stats?filter=(", "Invalid re2 regex")]
    [TestCase("/stats?filter=(a)%5C1", "Invalid re2 regex")]
    [TestCase("/stats?filter=(%3F%3Da)", "Invalid re2 regex")]
    [TestCase("/stats?filter=((x%7B999%7D)%7B999%7D)%7B999%7D", "Invalid re2 regex")]
    [TestCase("/stats?filter=x%7B1%2C99999999999999999999%7D", "Invalid re2 regex")]
    [TestCase("/stats?type=Nonsense", "invalid &type= param")]
    [TestCase("/stats?histogram_buckets=invalid_input", "usage: /stats?histogram_buckets=(cumulative|disjoint|detailed|summary)\n")]
    [TestCase("/stats?hidden=foo", "usage: /stats?hidden=(include|only|exclude)\n\n")]
    [TestCase("/stats/prometheus?histogram_buckets=disjoint", "unsupported prometheus histogram bucket mode")]
    [TestCase("/stats?format=prometheus&histogram_buckets=detailed", "unsupported prometheus histogram bucket mode")]
    public void Parameters_Wrong_AreRefusedInEnvoysWords(string path, string body)
        => Assert.That(Get(path), Is.EqualTo((400, AdminResponse.Text, body)));

    [Test]
    public void Stats_FlushOnAdmin_FlushesFirst()
    {
        Get("/stats");
        Get("/stats/prometheus");
        Get("/stats?format=nonsense");
        Get("/ready");
        Assert.That(_flushes, Is.EqualTo(2));
    }

    [Test]
    public void Json_AllKinds_IsEnvoys()
    {
        _stats.Counter("c1").Cell(0).Add(10);
        _stats.Gauge("g\"").Cell(0).Set(2);
        _stats.TextReadout("t").Set("hello <world>");
        _stats.Histogram("h").Cell(0).Record(1);
        _stats.Histogram("unused");
        _stats.MergeHistograms();
        _stats.MergeHistograms();
        const string Quantiles = "\"supported_quantiles\":[0,25,50,75,90,95,99,99.5,99.9,100]";
        var (status, type, body) = Get("/stats?format=json");
        Assert.That((status, type), Is.EqualTo((200, AdminResponse.Json)));
        Assert.That(body, Does.StartWith(
            """{"stats":[{"name":"t","value":"hello <world>"},{"name":"c1","value":10},{"name":"g\"","value":2},{"histograms":{"""
            + Quantiles + ""","computed_quantiles":[{"name":"h","values":[{"cumulative":1,"interval":null},{"cumulative":1.025,"interval":null},"""));
        Assert.That(body, Does.EndWith(""","interval":null}]},{"name":"unused","values":["""
            + string.Join(",", Enumerable.Repeat("""{"cumulative":null,"interval":null}""", 10)) + "]}]}}]}"));
    }

    [Test]
    public void Json_NoHistogram_HasNoObjectForThem()
    {
        _stats.Counter("c1").Cell(0).Add(10);
        _stats.Histogram("h1");
        Assert.That(Get("/stats?format=json&usedonly").Body, Is.EqualTo("""{"stats":[{"name":"c1","value":10}]}"""));
    }

    [Test]
    public void Json_HistogramBuckets_AreEnvoys()
    {
        var histogram = _stats.Histogram("h");
        histogram.Cell(0).Record(200);
        _stats.MergeHistograms();
        histogram.Cell(0).Record(300);
        _stats.MergeHistograms();
        Assert.Multiple(() =>
        {
            Assert.That(Get("/stats?format=json&histogram_buckets=cumulative").Body, Does.StartWith(
                """{"stats":[{"histograms":[{"name":"h","buckets":[{"upper_bound":0.5,"interval":0,"cumulative":0},""")
                .And.Contain("""{"upper_bound":250,"interval":0,"cumulative":1},{"upper_bound":500,"interval":1,"cumulative":2}""")
                .And.EndWith("""{"upper_bound":3600000,"interval":1,"cumulative":2}]}]}]}"""));
            Assert.That(Get("/stats?format=json&histogram_buckets=disjoint").Body, Does.EndWith("""{"upper_bound":3600000,"interval":0,"cumulative":0}]}]}]}"""));
            Assert.That(Get("/stats?format=json&histogram_buckets=detailed").Body, Does.StartWith(
                """{"stats":[{"histograms":{"supported_percentiles":[0,25,50,75,90,95,99,99.5,99.9,100],"details":[{"name":"h","totals":"""
                + """[{"lower_bound":200,"width":10,"count":1},{"lower_bound":300,"width":10,"count":1}],"intervals":[{"lower_bound":300,"width":10,"count":1}],"""
                + "\"percentiles\":[{"));
        });
    }

    [TestCase("/stats/prometheus")]
    [TestCase("/stats?format=prometheus")]
    public void Prometheus_AllKinds_IsEnvoys(string path)
    {
        _stats.Counter("cluster.b.upstream_rq_200").Cell(0).Add(3);
        _stats.Counter("cluster.a.upstream_rq_503").Cell(0).Add(1);
        _stats.Counter("cluster.a.upstream_rq_200").Cell(0).Add(2);
        _stats.Counter("cluster.a.upstream_rq_2xx").Cell(0).Add(2);
        _stats.Counter("cluster.q\"\\\n.upstream_cx_total").Cell(0).Add(7);
        _stats.Counter("a-b.c").Cell(0).Add(8);
        _stats.Gauge("server.live").Cell(0).Set(1);
        _stats.TextReadout("control_plane.identifier").Set("x");
        _stats.Histogram("cluster.a.upstream_rq_time").Cell(0).Record(200);
        _stats.Histogram("plain");
        _stats.MergeHistograms();
        const string Head = """
            # TYPE envoy_a_b_c counter
            envoy_a_b_c{} 8
            # TYPE envoy_cluster_upstream_cx_total counter
            envoy_cluster_upstream_cx_total{envoy_cluster_name="q\"\\\n"} 7
            # TYPE envoy_cluster_upstream_rq counter
            envoy_cluster_upstream_rq{envoy_response_code="200",envoy_cluster_name="a"} 2
            envoy_cluster_upstream_rq{envoy_response_code="503",envoy_cluster_name="a"} 1
            envoy_cluster_upstream_rq{envoy_response_code="200",envoy_cluster_name="b"} 3
            # TYPE envoy_cluster_upstream_rq_xx counter
            envoy_cluster_upstream_rq_xx{envoy_response_code_class="2",envoy_cluster_name="a"} 2
            # TYPE envoy_server_live gauge
            envoy_server_live{} 1

            """;
        var histogram = "# TYPE envoy_cluster_upstream_rq_time histogram\n"
            + Buckets("envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name=\"a\",", bound => bound >= 250 ? 1 : 0)
            + "envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name=\"a\",le=\"+Inf\"} 1\n"
            + "envoy_cluster_upstream_rq_time_sum{envoy_cluster_name=\"a\"} 204.87804878048780210519907996058\n"
            + "envoy_cluster_upstream_rq_time_count{envoy_cluster_name=\"a\"} 1\n"
            + "# TYPE envoy_plain histogram\n"
            + Buckets("envoy_plain_bucket{", _ => 0)
            + "envoy_plain_bucket{le=\"+Inf\"} 0\nenvoy_plain_sum{} 0\nenvoy_plain_count{} 0\n";
        Assert.That(Get(path), Is.EqualTo((200, AdminResponse.Text, Head + histogram)));
    }

    [Test]
    public void Prometheus_TextReadouts_AreGaugesOfZero()
    {
        _stats.TextReadout("control_plane.identifier").Set("CP-\"1\"");
        Assert.That(Get("/stats/prometheus").Body, Is.Empty);
        Assert.That(Get("/stats/prometheus?text_readouts").Body, Is.EqualTo(
            "# TYPE envoy_control_plane_identifier gauge\nenvoy_control_plane_identifier{text_value=\"CP-\\\"1\\\"\"} 0\n"));
    }

    [Test]
    public void Prometheus_Summary_HasTheIntervalsQuantiles()
    {
        _stats.Histogram("h").Cell(0).Record(100);
        _stats.MergeHistograms();
        Assert.That(Get("/stats/prometheus?histogram_buckets=summary").Body, Does.StartWith(
            "# TYPE envoy_h summary\nenvoy_h{quantile=\"0\"} 100\nenvoy_h{quantile=\"0.25\"} 102.5\nenvoy_h{quantile=\"0.5\"} 105\n")
            .And.Contain("envoy_h{quantile=\"0.995\"} 109.95").And.EndWith("envoy_h_count{} 1\n"));
    }

    [Test]
    public void Prometheus_UsedOnlyAndFilter_Select()
    {
        _stats.Counter("a").Cell(0).Inc();
        _stats.Counter("b");
        _stats.Gauge("ab").Cell(0).Inc();
        Assert.That(Get("/stats/prometheus?usedonly&filter=%5Ea").Body, Is.EqualTo(
            "# TYPE envoy_a counter\nenvoy_a{} 1\n# TYPE envoy_ab gauge\nenvoy_ab{} 1\n"));
    }

    [TestCase(double.NaN, "nan", "nan")]
    [TestCase(0, "0", "0")]
    [TestCase(1800000, "1800000", "1.8e+06")]
    [TestCase(0.1, "0.1", "0.1")]
    [TestCase(1e15, "1000000000000000", "1e+15")]
    [TestCase(9.2e18, "9.2e+18", "9.2e+18")]
    public void Numbers_AreWrittenAsEnvoyDoes(double value, string shortest, string general)
        => Assert.That((AdminText.Shortest(value), AdminText.General(value)), Is.EqualTo((shortest, general)));

    private static string Buckets(string name, Func<double, int> value)
        => string.Concat(new[] { "0.5", "1", "5", "10", "25", "50", "100", "250", "500", "1000", "2500", "5000", "10000", "30000", "60000", "300000", "600000", "1800000", "3600000" }
            .Select(bound => $"{name}le=\"{bound}\"}} {value(double.Parse(bound, System.Globalization.CultureInfo.InvariantCulture))}\n"));

    private (int Status, string Type, string Body) Get(string path)
    {
        var response = AdminRouter.Handle("GET", path, new AdminModel
        {
            Stats = _stats,
            Server = static () => new ServerView("0", ServerState.Live, TimeSpan.Zero, 1, new NodeConfig()),
            Quit = static () => { },
            FlushStats = () => _flushes++,
        });
        return (response.Status, response.ContentType, response.BodyText);
    }
}
