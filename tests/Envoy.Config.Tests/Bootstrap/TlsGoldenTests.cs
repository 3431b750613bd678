using System.Text.Json;
using Envoy.Extensions;
using Envoy.Matching;
using Envoy.Proxy.Building;
using Envoy.Testing;
using Envoy.TransportSockets.Tls;

namespace Envoy.Config.Tests.Bootstrap;

/// <summary>TLS contexts of both sides, and the secrets they name: this YAML equals this code, and what is wrong is said where it is written.</summary>
public sealed class TlsGoldenTests
{
    private static readonly TestAuthority Authority = new();

    private static readonly TestCertificate Certificate = Authority.Issue("server");

    private static readonly string CertificateYaml =
        $$"""{ certificate_chain: { inline_string: {{Quote(Certificate.ChainPem)}} }, private_key: { inline_string: {{Quote(Certificate.PrivateKeyPem)}} } }""";

    private static readonly TlsCertificateConfig CertificateConfig = new()
    {
        CertificateChain = DataSourceConfig.Inline(Certificate.ChainPem),
        PrivateKey = DataSourceConfig.Inline(Certificate.PrivateKeyPem),
    };

    private static readonly DataSourceConfig Ca = DataSourceConfig.Inline(Authority.CertificatePem);

    private static readonly string CaYaml = $$"""{ inline_string: {{Quote(Authority.CertificatePem)}} }""";

    [OneTimeTearDown]
    public void Forget() => Authority.Dispose();

    [Test]
    public void Downstream_EqualsCode()
    {
        var options = Downstream($$"""
            common_tls_context: {
              tls_params: { tls_minimum_protocol_version: TLSv1_2, tls_maximum_protocol_version: TLSv1_3, cipher_suites: [ ECDHE-ECDSA-AES128-GCM-SHA256 ] },
              tls_certificates: [ {{CertificateYaml}} ],
              validation_context: {
                trusted_ca: {{CaYaml}},
                verify_certificate_spki: [ {{new string('A', 43)}}= ],
                verify_certificate_hash: [ {{new string('a', 64)}} ],
                match_typed_subject_alt_names: [ { san_type: URI, matcher: { prefix: "spiffe://" } } ],
                allow_expired_certificate: true, trust_chain_verification: ACCEPT_UNTRUSTED, only_verify_leaf_cert_crl: true, max_verify_depth: 3 },
              alpn_protocols: [ h2, http/1.1 ] },
            require_client_certificate: true, require_sni: true, full_scan_certs_on_sni_mismatch: true, disable_stateless_session_resumption: true
            """).OrThrow().Listeners[0].FilterChains[0].TransportSocket!.Options;

        Assert.That(options, Is.EqualTo(new DownstreamTlsOptions
        {
            Common = new CommonTlsConfig
            {
                Parameters = new TlsParametersConfig { MinimumVersion = TlsVersion.Tls12, MaximumVersion = TlsVersion.Tls13, CipherSuites = ["ECDHE-ECDSA-AES128-GCM-SHA256"] },
                Certificates = [CertificateConfig],
                Validation = new CertificateValidationConfig
                {
                    TrustedCa = Ca,
                    VerifyCertificateSpki = [new string('A', 43) + "="],
                    VerifyCertificateHash = [new string('a', 64)],
                    SubjectNames = [new SubjectNameMatcherConfig(SubjectNameKind.Uri, StringMatcherConfig.Prefix("spiffe://"))],
                    AllowExpiredCertificate = true,
                    AcceptUntrusted = true,
                    OnlyVerifyLeafCertCrl = true,
                    MaxVerifyDepth = 3,
                },
                AlpnProtocols = ["h2", "http/1.1"],
            },
            RequireClientCertificate = true,
            RequireSni = true,
            FullScanCertsOnSniMismatch = true,
            DisableSessionResumption = true,
        }));
    }

    [Test]
    public void Upstream_BothSpellings_EqualCode([Values(true, false)] bool v2)
    {
        var fields = $$"""{ common_tls_context: { validation_context: { trusted_ca: {{CaYaml}} } }, sni: a.test, auto_host_sni: true, auto_sni_san_validation: true, max_session_keys: 0 }""";
        var socket = v2 ? "tls_context: " + fields : $$"""transport_socket: { name: tls, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, {{fields[1..]}} }""";

        var cluster = EnvoyConfigLoader.Parse($"static_resources: {{ clusters: {{ name: c, {socket} }} }}").OrThrow().Clusters[0];

        Assert.That(cluster.TransportSocket!.Options, Is.EqualTo(new UpstreamTlsOptions
        {
            Common = new CommonTlsConfig { Validation = new CertificateValidationConfig { TrustedCa = Ca } },
            Sni = "a.test",
            AutoHostSni = true,
            AutoSniSanValidation = true,
            MaxSessionKeys = 0,
        }));
    }

    [Test]
    public void Secrets_AndWhatNamesThem_EqualCode()
    {
        var code = new ProxyConfigBuilder()
            .AddSecret(new SecretConfig("own") { TlsCertificate = CertificateConfig })
            .AddSecret(new SecretConfig("peers") { Validation = new CertificateValidationConfig { TrustedCa = Ca } })
            .AddCluster("c", c => c.With(x => x with
            {
                TransportSocket = new("tls", new UpstreamTlsOptions
                {
                    Common = new CommonTlsConfig { CertificateSecrets = [new("own")], ValidationSecret = new("peers") },
                    AutoSniSanValidation = true,
                }),
            }))
            .AddCluster("d", c => c.With(x => x with
            {
                TransportSocket = new("tls", new UpstreamTlsOptions
                {
                    Common = new CommonTlsConfig { Validation = new CertificateValidationConfig { AllowExpiredCertificate = true }, ValidationSecret = new("peers") },
                }),
            }))
            .Build();

        var yaml = EnvoyConfigLoader.Parse(Clusters("""
            tls_certificate_sds_secret_configs: [ { name: own } ], validation_context_sds_secret_config: { name: peers }
            """, "auto_sni_san_validation: true, ", """
            combined_validation_context: { default_validation_context: { allow_expired_certificate: true }, validation_context_sds_secret_config: { name: peers } }
            """)).OrThrow();

        Assert.That(yaml, Is.EqualTo(code));
    }

    [TestCase("tls_certificate_sds_secret_configs: [ { name: owm } ]", "no secret 'owm' holds a certificate", "did you mean 'own'?")]
    [TestCase("tls_certificate_sds_secret_configs: [ { name: peers } ]", "no secret 'peers' holds a certificate", "")]
    [TestCase("validation_context_sds_secret_config: { name: own }", "no secret 'own' holds a validation context", "")]
    [TestCase("validation_context_sds_secret_config: { name: peers, sds_config: { ads: {} } }", "'sds_config' is a field of Envoy's SdsSecretConfig which is not supported yet", "static_resources.secrets")]
    [TestCase("combined_validation_context: { validation_context_sds_secret_config: { name: peers } }", "needs 'default_validation_context'", "")]
    public void NameOfNothing_IsRefused_WithItsPlace(string common, string message, string hint)
    {
        var error = EnvoyConfigLoader.Parse(Clusters(common, "", ""), "f.yaml").Errors.Single();
        Assert.That(error.Message, Does.Contain(message));
        Assert.That(error.Hint, Does.Contain(hint));
        Assert.That(error.Path, Does.StartWith("static_resources.clusters[0].transport_socket.typed_config.common_tls_context."));
    }

    [TestCase("match_typed_subject_alt_names: [ { san_type: DNS, matcher: { exact: a } } ]", "SAN-based verification of peer certificates without trusted CA is insecure and not allowed")]
    [TestCase("match_subject_alt_names: [ { exact: a } ]", "SAN-based verification of peer certificates without trusted CA is insecure and not allowed")]
    [TestCase("allow_expired_certificate: true", "Certificate validity period is always ignored without trusted CA")]
    public void ChecksWithoutAnAuthority_AreRefused(string checks, string message)
    {
        var errors = EnvoyConfigLoader.Parse(Clusters($"validation_context: {{ {checks} }}", "", "")).Errors;
        Assert.That(errors.Select(e => e.Message), Is.EqualTo(new[] { message }));
    }

    [Test]
    public void SecretThatCannotBeUsed_IsRefused_WhetherNamedOrNot()
    {
        var errors = EnvoyConfigLoader.Parse("""
            static_resources: { secrets: [ { name: a, tls_certificate: { certificate_chain: { inline_string: x }, private_key: { inline_string: y } } }, { name: a, validation_context: {} }, { name: k, session_ticket_keys: {} } ] }
            """).Errors;
        Assert.That(errors.Select(e => e.Message), Is.EquivalentTo(new[]
        {
            "certificate_chain (inline) holds no certificate in PEM",
            "another secret is called 'a'",
            "'session_ticket_keys' is a field of Envoy's Secret which is not supported yet",
        }));
    }

    private static ConfigResult Downstream(string fields) => EnvoyConfigLoader.Parse($$"""
        static_resources:
          listeners:
            address: { pipe: { path: /s } }
            filter_chains:
              filters: { name: envoy.echo }
              transport_socket: { name: tls, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, {{fields.ReplaceLineEndings("")}} } }
        """);

    private static string Clusters(string first, string upstream, string second) => $$"""
        static_resources:
          secrets:
          - { name: own, tls_certificate: {{CertificateYaml}} }
          - { name: peers, validation_context: { trusted_ca: {{CaYaml}} } }
          clusters:
          - { name: c, transport_socket: { name: tls, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, {{upstream}} common_tls_context: { {{first.Trim()}} } } } }
          - { name: d, transport_socket: { name: tls, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, common_tls_context: { {{second.Trim()}} } } } }
        """;

    private static string Quote(string text) => JsonSerializer.Serialize(text);
}
