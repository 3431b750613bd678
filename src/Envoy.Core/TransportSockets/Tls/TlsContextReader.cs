using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.TransportSockets.Tls;

/// <summary>Reads the messages of <c>envoy.extensions.transport_sockets.tls.v3</c>, by the names of 2019 too. Thread-safe.</summary>
internal static class TlsContextReader
{
    private const string Package = "envoy.extensions.transport_sockets.tls.v3.";

    private static readonly EnumNames<TlsVersion> Versions = new EnumNames<TlsVersion>("TlsProtocol")
        .Add("TLS_AUTO", 0, TlsVersion.Auto)
        .NotYet("TLSv1_0", 1)
        .NotYet("TLSv1_1", 2)
        .Add("TLSv1_2", 3, TlsVersion.Tls12)
        .Add("TLSv1_3", 4, TlsVersion.Tls13);

    // Envoy accepts lower minimums; what is offered then is 1.2 and up, which the platform alone could widen.
    private static readonly EnumNames<TlsVersion> MinimumVersions = new EnumNames<TlsVersion>("TlsProtocol")
        .Add("TLS_AUTO", 0, TlsVersion.Auto)
        .Add("TLSv1_0", 1, TlsVersion.Tls12)
        .Add("TLSv1_1", 2, TlsVersion.Tls12)
        .Add("TLSv1_2", 3, TlsVersion.Tls12)
        .Add("TLSv1_3", 4, TlsVersion.Tls13);

    private static readonly EnumNames<SubjectNameKind> NameKinds = new EnumNames<SubjectNameKind>("SanType")
        .Add("EMAIL", 1, SubjectNameKind.Email)
        .Add("DNS", 2, SubjectNameKind.Dns)
        .Add("URI", 3, SubjectNameKind.Uri)
        .Add("IP_ADDRESS", 4, SubjectNameKind.IpAddress)
        .Add("OTHER_NAME", 5, SubjectNameKind.OtherName);

    private static readonly EnumNames<TrustVerification> Trust = new EnumNames<TrustVerification>("TrustChainVerification")
        .Add("VERIFY_TRUST_CHAIN", 0, TrustVerification.Verify)
        .Add("ACCEPT_UNTRUSTED", 1, TrustVerification.AcceptUntrusted);

    private static readonly FieldTable<TlsParametersConfig> Parameters = new FieldTable<TlsParametersConfig>(Package + "TlsParameters", new TlsParametersConfig())
        .Enum("tls_minimum_protocol_version", p => p.MinimumVersion, (p, v) => p with { MinimumVersion = v }, MinimumVersions)
        .Enum("tls_maximum_protocol_version", p => p.MaximumVersion, (p, v) => p with { MaximumVersion = v }, Versions)
        .List("cipher_suites", "string", p => p.CipherSuites, (p, v) => p with { CipherSuites = v }, FieldKinds.ReadNonEmpty)
        .NotYetBut("ecdh_curves=[]", "the system's own library decides: Groups in openssl.cnf")
        .NotYetBut("signature_algorithms=[]", "the system's own library decides: SignatureAlgorithms in openssl.cnf")
        .NotYet("compliance_policies=[]");

    private static readonly FieldTable<Draft> DataSource = new FieldTable<Draft>("envoy.config.core.v3.DataSource", new Draft())
        .Text("filename", d => d.Value?.FileName, (d, v) => d with { Value = DataSourceConfig.File(v) }, required: false)
        .Add(new ConfigField("inline_bytes", "bytes", FieldSupport.Supported), d => d.Value?.Bytes, (d, v) => d with { Value = DataSourceConfig.Inline(v.AsSpan()) }, (ConfigValueReader<ValueList<byte>>)ConfigValues.ReadBytes)
        .Text("inline_string", _ => null, (d, v) => d with { Value = DataSourceConfig.Inline(v) })
        .Text("environment_variable", d => d.Value?.EnvironmentVariable, (d, v) => d with { Value = DataSourceConfig.Environment(v) })
        .NotYet("watched_directory")
        .OneOf(required: true, "filename", "inline_bytes", "inline_string", "environment_variable");

    private static readonly FieldTable<TlsCertificateConfig> Certificate = new FieldTable<TlsCertificateConfig>(Package + "TlsCertificate", new TlsCertificateConfig())
        .Source("certificate_chain", c => c.CertificateChain, (c, v) => c with { CertificateChain = v })
        .Source("private_key", c => c.PrivateKey, (c, v) => c with { PrivateKey = v })
        .Source("pkcs12", c => c.Pkcs12, (c, v) => c with { Pkcs12 = v })
        .Source("password", c => c.Password, (c, v) => c with { Password = v })
        .NotYet("private_key_provider", "ocsp_staple", "signed_certificate_timestamp=[]")
        // Every file is watched.
        .Inert("watched_directory");

    private static readonly FieldTable<NameDraft> NameMatcher = new FieldTable<NameDraft>(Package + "SubjectAltNameMatcher", new NameDraft())
        .Enum("san_type", d => d.Kind, (d, v) => d with { Kind = v, HasKind = true }, NameKinds)
        .Message("matcher", "StringMatcher", d => d.Matcher, (d, v) => d with { Matcher = v }, StringMatcherReader.TryRead, required: true)
        .Text("oid", d => d.ObjectId, (d, v) => d with { ObjectId = v })
        .Check((draft, node, context) =>
        {
            if (!draft.HasKind && node.Find("san_type") is null)
                context.Error(node, "needs 'san_type'", "one of EMAIL, DNS, URI, IP_ADDRESS, OTHER_NAME");
        });

    private static readonly FieldTable<CertificateValidationConfig> Validation =
        new FieldTable<CertificateValidationConfig>(Package + "CertificateValidationContext", new CertificateValidationConfig())
            .Source("trusted_ca", c => c.TrustedCa, (c, v) => c with { TrustedCa = v })
            .Message("system_root_certs", "SystemRootCerts", _ => null, (CertificateValidationConfig c, ConfigNode _) => c with { SystemRootCerts = true }, FieldKinds.Keep)
            .List("verify_certificate_spki", "string", c => c.VerifyCertificateSpki, (c, v) => c with { VerifyCertificateSpki = v }, FieldKinds.ReadNonEmpty)
            .List("verify_certificate_hash", "string", c => c.VerifyCertificateHash, (c, v) => c with { VerifyCertificateHash = v }, FieldKinds.ReadNonEmpty)
            .List<CertificateValidationConfig, SubjectNameMatcherConfig>("match_typed_subject_alt_names", "SubjectAltNameMatcher", c => c.SubjectNames, (c, v) => c with { SubjectNames = [.. c.SubjectNames, .. v] }, ReadName)
            .List<CertificateValidationConfig, StringMatcherConfig>("match_subject_alt_names", "StringMatcher", _ => null, (c, v) => c with { SubjectNames = [.. c.SubjectNames, .. v.SelectMany(OfAnyKind)] }, StringMatcherReader.TryRead)
            .List<CertificateValidationConfig, string>("verify_subject_alt_name", "string", _ => null, (c, v) => c with { SubjectNames = [.. c.SubjectNames, .. v.SelectMany(name => OfAnyKind(StringMatcherConfig.Exact(name)))] }, FieldKinds.ReadNonEmpty)
            .Source("crl", c => c.Crl, (c, v) => c with { Crl = v })
            .Bool("allow_expired_certificate", c => c.AllowExpiredCertificate, (c, v) => c with { AllowExpiredCertificate = v })
            .Enum("trust_chain_verification", c => c.AcceptUntrusted ? TrustVerification.AcceptUntrusted : TrustVerification.Verify, (c, v) => c with { AcceptUntrusted = v == TrustVerification.AcceptUntrusted }, Trust)
            .Bool("only_verify_leaf_cert_crl", c => c.OnlyVerifyLeafCertCrl, (c, v) => c with { OnlyVerifyLeafCertCrl = v })
            .Number("max_verify_depth", c => c.MaxVerifyDepth, (c, v) => c with { MaxVerifyDepth = v }, most: 100)
            .NotYet("ca_certificate_provider_instance", "require_signed_certificate_timestamp=false", "custom_validator_config")
            .Inert("watched_directory");

    private static readonly FieldTable<SecretReferenceConfig> Reference = new FieldTable<SecretReferenceConfig>(Package + "SdsSecretConfig", new SecretReferenceConfig(""))
        .Text("name", s => s.Name, (s, v) => s with { Name = v }, required: true)
        .NotYetBut("sds_config", "without it the secret is the one of that name in static_resources.secrets");

    private static readonly FieldTable<CommonTlsConfig> Combined = new FieldTable<CommonTlsConfig>(
            Package + "CommonTlsContext.CombinedCertificateValidationContext", new CommonTlsConfig())
        .Message("default_validation_context", c => c.ValidationSecret is null ? null : c.Validation, (c, v) => c with { Validation = v }, Validation, required: true)
        .Message("validation_context_sds_secret_config", c => c.Validation is null ? null : c.ValidationSecret, (c, v) => c with { ValidationSecret = v }, Reference, required: true)
        .NotYet("validation_context_certificate_provider", "validation_context_certificate_provider_instance");

    private static readonly FieldTable<CommonTlsConfig> Common = new FieldTable<CommonTlsConfig>(Package + "CommonTlsContext", new CommonTlsConfig())
        .Message("tls_params", c => c.Parameters, (c, v) => c with { Parameters = v }, Parameters)
        .List("tls_certificates", c => c.Certificates, (c, v) => c with { Certificates = v }, Certificate)
        .Message("validation_context", c => c.Validation, (c, v) => c with { Validation = v }, Validation)
        .List("alpn_protocols", "string", c => c.AlpnProtocols, (c, v) => c with { AlpnProtocols = v }, FieldKinds.ReadNonEmpty)
        .List("tls_certificate_sds_secret_configs", c => c.CertificateSecrets, (c, v) => c with { CertificateSecrets = v }, Reference)
        .Message("validation_context_sds_secret_config", c => c.Validation is null ? c.ValidationSecret : null, (c, v) => c with { ValidationSecret = v }, Reference)
        .Inline("combined_validation_context", Combined)
        .NotYet("tls_certificate_provider_instance", "custom_tls_certificate_selector",
            "tls_certificate_certificate_provider", "tls_certificate_certificate_provider_instance", "validation_context_certificate_provider", "validation_context_certificate_provider_instance",
            "custom_handshaker", "key_log")
        .OneOf(required: false, "validation_context", "validation_context_sds_secret_config", "combined_validation_context");

    /// <summary><c>Secret</c>.</summary>
    public static readonly FieldTable<SecretConfig> Secret = new FieldTable<SecretConfig>(Package + "Secret", new SecretConfig(""))
        .Text("name", s => s.Name, (s, v) => s with { Name = v })
        .Message("tls_certificate", s => s.TlsCertificate, (s, v) => s with { TlsCertificate = v }, Certificate)
        .Message("validation_context", s => s.Validation, (s, v) => s with { Validation = v }, Validation)
        .NotYetBut("session_ticket_keys", "the platform makes its own keys for tickets; sessions are resumed on all workers of this process")
        .NotYet("generic_secret")
        .OneOf(required: false, "tls_certificate", "session_ticket_keys", "validation_context", "generic_secret");

    /// <summary><c>DownstreamTlsContext</c>.</summary>
    public static readonly FieldTable<DownstreamTlsOptions> Downstream = new FieldTable<DownstreamTlsOptions>(Package + "DownstreamTlsContext", new DownstreamTlsOptions())
        .Message("common_tls_context", d => d.Common, (d, v) => d with { Common = v }, Common)
        .Bool("require_client_certificate", d => d.RequireClientCertificate, (d, v) => d with { RequireClientCertificate = v })
        .Bool("require_sni", d => d.RequireSni, (d, v) => d with { RequireSni = v })
        .Bool("full_scan_certs_on_sni_mismatch", d => d.FullScanCertsOnSniMismatch, (d, v) => d with { FullScanCertsOnSniMismatch = v })
        .Bool("disable_stateless_session_resumption", d => d.DisableSessionResumption, (d, v) => d with { DisableSessionResumption = v })
        .NotYetBut("session_ticket_keys", "the platform makes its own keys for tickets; sessions are resumed on all workers of this process")
        .NotYet("session_ticket_keys_sds_secret_config", "session_timeout", "ocsp_staple_policy=LENIENT_STAPLING|0", "prefer_client_ciphers=false",
            "disable_stateful_session_resumption=false")
        .OneOf(required: false, "session_ticket_keys", "session_ticket_keys_sds_secret_config", "disable_stateless_session_resumption");

    /// <summary><c>UpstreamTlsContext</c>.</summary>
    public static readonly FieldTable<UpstreamTlsOptions> Upstream = new FieldTable<UpstreamTlsOptions>(Package + "UpstreamTlsContext", new UpstreamTlsOptions())
        .Message("common_tls_context", u => u.Common, (u, v) => u with { Common = v }, Common)
        .Text("sni", u => u.Sni, (u, v) => u with { Sni = v })
        .Bool("auto_host_sni", u => u.AutoHostSni, (u, v) => u with { AutoHostSni = v })
        .Bool("auto_sni_san_validation", u => u.AutoSniSanValidation, (u, v) => u with { AutoSniSanValidation = v })
        .Number("max_session_keys", u => u.MaxSessionKeys, (u, v) => u with { MaxSessionKeys = v })
        .NotYet("allow_renegotiation=false")
        // OpenSSL looks at it where it matters.
        .Inert("enforce_rsa_key_usage");

    private enum TrustVerification
    {
        Verify,
        AcceptUntrusted,
    }

    private static FieldTable<T> Source<T>(this FieldTable<T> table, string name, Func<T, DataSourceConfig?> get, Func<T, DataSourceConfig, T> set)
        where T : class => table.Message(name, "DataSource", get, set, ReadSource);

    private static bool ReadSource(ConfigNode node, ConfigReadContext context, out DataSourceConfig value)
    {
        value = DataSource.Read(node, context).Value!;
        return value is not null;
    }

    private static bool ReadName(ConfigNode node, ConfigReadContext context, out SubjectNameMatcherConfig value)
    {
        var draft = NameMatcher.Read(node, context);
        value = draft.Matcher is { } matcher ? new SubjectNameMatcherConfig(draft.Kind, matcher, draft.ObjectId) : null!;
        return value is not null;
    }

    // The names of 2019 to 2021 have no kind: as in Envoy they stand for each of these.
    private static IEnumerable<SubjectNameMatcherConfig> OfAnyKind(StringMatcherConfig matcher) =>
        new[] { SubjectNameKind.Dns, SubjectNameKind.Uri, SubjectNameKind.Email, SubjectNameKind.IpAddress }.Select(kind => new SubjectNameMatcherConfig(kind, matcher) { IsOfAnyKind = true });

    private sealed record Draft
    {
        public DataSourceConfig? Value { get; init; }
    }

    private sealed record NameDraft
    {
        public SubjectNameKind Kind { get; init; }

        public bool HasKind { get; init; }

        public StringMatcherConfig? Matcher { get; init; }

        public string ObjectId { get; init; } = "";
    }
}
