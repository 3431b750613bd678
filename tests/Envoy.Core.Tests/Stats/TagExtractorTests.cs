using Envoy.Stats;

namespace Envoy.Core.Tests.Stats;

internal sealed class TagExtractorTests
{
    // Tags stand in the order in which they are printed.
    [TestCase("cluster.ratelimit.upstream_rq_timeout", "cluster.upstream_rq_timeout", "envoy.cluster_name=ratelimit")]
    [TestCase("cluster.a.upstream_rq_200", "cluster.upstream_rq", "envoy.response_code=200,envoy.cluster_name=a")]
    [TestCase("cluster.a.external.upstream_rq_2xx", "cluster.external.upstream_rq_xx", "envoy.response_code_class=2,envoy.cluster_name=a")]
    [TestCase("cluster.a.upstream_rq_completed", "cluster.upstream_rq_completed", "envoy.cluster_name=a")]
    [TestCase("cluster.a.circuit_breakers.default.rq_open", "cluster.circuit_breakers.default.rq_open", "envoy.cluster_name=a")]
    [TestCase("cluster.a.grpc.svc.method.success", "cluster.grpc.success", "envoy.grpc_bridge_method=method,envoy.grpc_bridge_service=svc,envoy.cluster_name=a")]
    [TestCase("cluster.a.ssl.ciphers.ECDHE-RSA-AES128-GCM-SHA256", "cluster.ssl.ciphers", "cipher_suite=ECDHE-RSA-AES128-GCM-SHA256,envoy.cluster_name=a")]
    [TestCase("cluster.a.ext_authz.authpfx.ok", "cluster.ext_authz.ok", "envoy.cluster_name=a,envoy.ext_authz_prefix=authpfx")]
    [TestCase("cluster.a.ssl.certificate.cert.expiration_unix_time_seconds", "cluster.ssl.certificate.expiration_unix_time_seconds", "envoy.tls_certificate=cert,envoy.cluster_name=a")]
    [TestCase("cluster_manager.cluster_added", "cluster_manager.cluster_added", "")]
    [TestCase("listener.[__1]_0.ssl.ciphers.AES256-SHA", "listener.ssl.ciphers", "envoy.ssl_cipher=AES256-SHA,envoy.listener_address=[__1]_0")]
    [TestCase("listener.[2001_0db8_85a3__8a2e_0370_7334]_3543.ssl.curves.X25519", "listener.ssl.curves", "envoy.ssl_curve=X25519,envoy.listener_address=[2001_0db8_85a3__8a2e_0370_7334]_3543")]
    [TestCase("listener.127.0.0.1_0.ssl.sigalgs.rsa_pss", "listener.ssl.sigalgs", "envoy.ssl_sigalg=rsa_pss,envoy.listener_address=127.0.0.1_0")]
    [TestCase("listener.my_prefix.ssl.versions.TLSv1.3", "listener.ssl.versions", "envoy.ssl_version=TLSv1.3,envoy.listener_address=my_prefix")]
    [TestCase("listener.prefix.notmatching.ssl.ciphers.AES256-SHA", "listener.notmatching.ssl.ciphers", "envoy.ssl_cipher=AES256-SHA,envoy.listener_address=prefix")]
    [TestCase("listener.admin.ssl.ciphers.AES256-SHA", "listener.admin.ssl.ciphers", "envoy.ssl_cipher=AES256-SHA")]
    [TestCase("listener.admin.downstream_cx_total", "listener.admin.downstream_cx_total", "")]
    [TestCase("listener.127.0.0.1_3012.http.http_prefix.downstream_rq_5xx", "listener.http.downstream_rq_xx", "envoy.response_code_class=5,envoy.http_conn_manager_prefix=http_prefix,envoy.listener_address=127.0.0.1_3012")]
    [TestCase("listener.127.0.0.1_3012.worker_123.downstream_cx_active", "listener.worker_downstream_cx_active", "envoy.worker_id=123,envoy.listener_address=127.0.0.1_3012")]
    [TestCase("listener.myprefix.worker_123.downstream_cx_active", "listener.worker_downstream_cx_active", "envoy.worker_id=123,envoy.listener_address=myprefix")]
    [TestCase("listener.0.0.0.0_0.ssl.certificate.server_cert.x", "listener.ssl.certificate.x", "envoy.tls_certificate=server_cert,envoy.listener_address=0.0.0.0_0")]
    [TestCase("listener_manager.worker_123.dispatcher.loop_duration_us", "listener_manager.worker_dispatcher.loop_duration_us", "envoy.worker_id=123")]
    [TestCase("listener_manager.listener_added", "listener_manager.listener_added", "")]
    [TestCase("server.worker_123.watchdog_miss", "server.worker_watchdog_miss", "envoy.worker_id=123")]
    [TestCase("server.uptime", "server.uptime", "")]
    [TestCase("http.ingress.downstream_cx_total", "http.downstream_cx_total", "envoy.http_conn_manager_prefix=ingress")]
    [TestCase("http.ingress.downstream_rq_1xx", "http.downstream_rq_xx", "envoy.response_code_class=1,envoy.http_conn_manager_prefix=ingress")]
    [TestCase("http.p.user_agent.ios.downstream_cx_total", "http.user_agent.downstream_cx_total", "envoy.http_user_agent=ios,envoy.http_conn_manager_prefix=p")]
    [TestCase("http.p.fault.fault_cluster.aborts_injected", "http.fault.aborts_injected", "envoy.fault_downstream_cluster=fault_cluster,envoy.http_conn_manager_prefix=p")]
    [TestCase("http.p.rds.agg/route_config.1-23.update_success", "http.rds.update_success", "envoy.rds_route_config=agg/route_config.1-23,envoy.http_conn_manager_prefix=p")]
    [TestCase("http.p.scoped_rds.scoped_route_config.123.update_success", "http.scoped_rds.update_success", "envoy.scoped_rds_config=scoped_route_config.123,envoy.http_conn_manager_prefix=p")]
    [TestCase("http.p.ext_authz.authpfx.denied", "http.ext_authz.denied", "envoy.ext_authz_prefix=authpfx,envoy.http_conn_manager_prefix=p")]
    [TestCase("http.p.rbac.prefix.allowed", "http.rbac.allowed", "envoy.rbac_http_prefix=prefix,envoy.http_conn_manager_prefix=p")]
    [TestCase("http.p.rbac.allowed", "http.rbac.allowed", "envoy.http_conn_manager_prefix=p")]
    [TestCase("http.p.rbac.policy.mine.denied", "http.rbac.policy.denied", "envoy.rbac_policy_name=mine,envoy.http_conn_manager_prefix=p")]
    [TestCase("http.p.rbac.prefix.policy.mine.shadow_allowed", "http.rbac.policy.shadow_allowed", "envoy.rbac_policy_name=mine,envoy.rbac_http_prefix=prefix,envoy.http_conn_manager_prefix=p")]
    [TestCase("tcp.tcp_prefix.downstream_cx_total", "tcp.downstream_cx_total", "envoy.tcp_prefix=tcp_prefix")]
    [TestCase("udp.p.downstream_sess_total", "udp.downstream_sess_total", "envoy.udp_prefix=p")]
    [TestCase("vhost.v.vcluster.vc.upstream_rq_2xx", "vhost.vcluster.upstream_rq_xx", "envoy.response_code_class=2,envoy.virtual_cluster=vc,envoy.virtual_host=v")]
    [TestCase("vhost.v.route.r.upstream_rq_200", "vhost.route.upstream_rq", "envoy.response_code=200,envoy.virtual_host=v,envoy.route=r")]
    [TestCase("mongo.m.op_reply", "mongo.op_reply", "envoy.mongo_prefix=m")]
    [TestCase("mongo.m.cmd.foo.reply_size", "mongo.cmd.reply_size", "envoy.mongo_cmd=foo,envoy.mongo_prefix=m")]
    [TestCase("mongo.m.collection.bar.query.multi_get", "mongo.collection.query.multi_get", "envoy.mongo_collection=bar,envoy.mongo_prefix=m")]
    [TestCase("mongo.m.collection.bar.callsite.baz.query.scatter_get", "mongo.collection.callsite.query.scatter_get", "envoy.mongo_callsite=baz,envoy.mongo_collection=bar,envoy.mongo_prefix=m")]
    [TestCase("ratelimit.foo.over_limit", "ratelimit.over_limit", "envoy.ratelimit_prefix=foo")]
    [TestCase("foo.http_local_rate_limit.ok", "http_local_rate_limit.ok", "envoy.local_http_ratelimit_prefix=foo")]
    [TestCase("local_rate_limit.foo.rate_limited", "local_rate_limit.rate_limited", "envoy.local_network_ratelimit_prefix=foo")]
    [TestCase("listener_local_ratelimit.foo.rate_limited", "listener_local_ratelimit.rate_limited", "envoy.local_listener_ratelimit_prefix=foo")]
    [TestCase("auth.clientssl.p.auth_ip_allowlist", "auth.clientssl.auth_ip_allowlist", "envoy.clientssl_prefix=p")]
    [TestCase("thrift.p.response", "thrift.response", "envoy.thrift_prefix=p")]
    [TestCase("redis.p.response", "redis.response", "envoy.redis_prefix=p")]
    [TestCase("dns_filter.p.local_a_record_answers", "dns_filter.local_a_record_answers", "envoy.dns_filter_prefix=p")]
    [TestCase("connection_limit.p.limited_connections", "connection_limit.limited_connections", "envoy.connection_limit_prefix=p")]
    [TestCase("my.rbac.allowed", "rbac.allowed", "envoy.rbac_prefix=my")]
    [TestCase("proxy_proto.not_found_disallowed", "proxy_proto.not_found_disallowed", "")]
    [TestCase("proxy_proto.p.not_found_disallowed", "proxy_proto.not_found_disallowed", "envoy.proxy_protocol_prefix=p")]
    [TestCase("proxy_proto.versions.v2.error", "proxy_proto.error", "envoy.proxy_protocol_version=2")]
    [TestCase("proxy_proto.p.versions.v2.error", "proxy_proto.error", "envoy.proxy_protocol_prefix=p,envoy.proxy_protocol_version=2")]
    [TestCase("sds.xds_trusted_ca.update_attempt", "sds.update_attempt", "envoy.xds_resource_name=xds_trusted_ca")]
    [TestCase("grpc.p.streams_total", "grpc.streams_total", "envoy.google_grpc_client_prefix=p")]
    [TestCase("nothing", "nothing", "")]
    [TestCase("", "", "")]
    [TestCase("cluster.", "cluster", "envoy.cluster_name=")]
    [TestCase("_rq_200", "_rq", "envoy.response_code=200")]
    public void Extract_Name_GivesEnvoysTags(string name, string extracted, string tags)
    {
        var extraction = TagExtractor.Extract(name);
        Assert.That(string.Join(",", extraction.Tags.Select(tag => $"{tag.Name}={tag.Value}")), Is.EqualTo(tags));
        Assert.That(extraction.Name, Is.EqualTo(extracted));
    }

    [TestCase("a.b.$", "a.b.c", "c", "a.b")]
    [TestCase("a.$.c", "a.b.c", "b", "a.c")]
    [TestCase("$.b", "a.b", "a", "b")]
    [TestCase("a.**.c.$.d", "a.x.y.c.v.d", "v", "a.x.y.c.d")]
    [TestCase("a.**.b.c.$", "a.x.b.b.c.d", "d", "a.x.b.b.c")]
    public void Words_Match_CutTheTagAndItsDot(string words, string name, string value, string rest)
    {
        var match = new TagRule("t", words).Match(name);
        Assert.That(match.Success);
        Assert.That(name[match.Value], Is.EqualTo(value));
        var (start, length) = match.Cut.GetOffsetAndLength(name.Length);
        Assert.That(name.Remove(start, length), Is.EqualTo(rest));
    }

    [TestCase("a.$", "a")]
    [TestCase("a.$", "a.b.c")]
    [TestCase("a.$.c", "a.b.d")]
    [TestCase("a.*.$", "a.b")]
    [TestCase("a.**.c.$", "a.b.c")]
    public void Words_NoMatch_FindNothing(string words, string name) => Assert.That(new TagRule("t", words).Match(name).Success, Is.False);
}
