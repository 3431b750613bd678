namespace Envoy.Conformance.Tests.Http1;

/// <summary>Every case whose source says otherwise than we do, with the rule that makes us differ.</summary>
internal static class Http1Differences
{
    private const string Fragment = "a target has no fragment (RFC 9112 section 3.2); Envoy's connection manager refuses it too";
    private const string Method = "the methods are Envoy's list unless custom ones are allowed";
    private const string OtherProtocol = "another protocol than HTTP/1";
    private const string Codings = "Transfer-Encoding is exactly one chunked, as in Envoy";
    private const string UserInfo = "an http URI has no user information (RFC 9110 section 4.2.4)";
    private const string BareLineFeed = "lines end with CRLF; stricter than Envoy";
    private const string Connect = "a body of CONNECT is refused, as in Envoy";
    private const string NoLengthIn1xx = "a 1xx has no Transfer-Encoding, as in Envoy";
    private const string EmptyLineBeforeResponse = "a response begins with its status line, as in Envoy";
    private const string AfterClose = "what follows a message that ends the connection is never read";
    private const string UnaskedUpgrade = "101 names its protocol (RFC 9110 section 7.8)";
    private const string TheirSetting = "the source was told a limit or a leniency that is its own";
    private const string Pipelined = "bytes after a response are a fault of the upstream: the pool's to judge";
    private const string Version10 = "HTTP/1.0 is answered with 426 unless it is allowed, as in Envoy";
    private const string ObsFold = "obs-fold is refused (RFC 9112 section 5.2); stricter than Envoy";
    private const string HostForAll = "HTTP/1.1 needs Host in every form (RFC 9112 section 3.2); stricter than Envoy";
    private const string NonAscii = "a target is ASCII (RFC 3986); Envoy refuses it too";
    private const string Premature = "nothing was asked: the pool's to judge";
    private const string LoadShed = "the overload manager's to judge, not the codec's";
    private const string Underscores = "headers_with_underscores_action is the connection manager's to judge";
    private const string FramedBody = "content in GET or OPTIONS has one reading and is passed on (RFC 9110 section 9.3.1), as in Envoy";
    private const string CutLine = "seen when the line is whole, as in Envoy; until then it may still be cut";

    /// <summary>The source accepts, we refuse.</summary>
    public static IReadOnlyDictionary<string, string> Refused { get; } = new Dictionary<string, string>
    {
        ["llhttp:request/method:99"] = Connect,
        ["llhttp:request/method:138"] = Method,
        ["llhttp:request/method:375"] = OtherProtocol,
        ["llhttp:request/method:461"] = Method,
        ["llhttp:request/method:485"] = Method,
        ["llhttp:request/transfer-encoding:754"] = Codings,
        ["llhttp:request/transfer-encoding:796"] = Codings,
        ["llhttp:request/uri:168"] = Fragment,
        ["llhttp:request/uri:225"] = UserInfo,
        ["llhttp:response/connection:139"] = Pipelined,
        ["llhttp:response/connection:334"] = NoLengthIn1xx,
        ["llhttp:response/connection:540"] = Pipelined,
        ["llhttp:response/connection:589"] = EmptyLineBeforeResponse,
        ["llhttp:response/pipelining:7"] = Pipelined,
        ["llhttp:response/sample:43"] = OtherProtocol,
        ["llhttp:response/sample:63"] = OtherProtocol,
        ["llhttp:response/transfer-encoding:46"] = Codings,
        ["llhttp:response/transfer-encoding:115"] = Codings,
        ["gunicorn:valid/005"] = Fragment,
        ["gunicorn:valid/019"] = AfterClose,
        ["gunicorn:valid/021"] = AfterClose,
        ["gunicorn:valid/025"] = Codings,
        ["gunicorn:valid/025_line"] = Codings,
        ["gunicorn:valid/027"] = NonAscii,
        ["gunicorn:valid/028"] = TheirSetting,
        ["gunicorn:valid/029"] = Codings,
        ["gunicorn:valid/030"] = Codings,
        ["gunicorn:valid/031compat"] = Method,
        ["gunicorn:valid/031compat2"] = Method,
        ["gunicorn:valid/040"] = AfterClose,
        ["gunicorn:valid/040_compat"] = AfterClose,
        ["gunicorn:valid/pp_01"] = OtherProtocol,
        ["gunicorn:valid/pp_02"] = OtherProtocol,
        ["gunicorn:valid/pp_04"] = OtherProtocol,
        ["gunicorn:valid/pp_05"] = OtherProtocol,
        ["gunicorn:valid/rfc9112_smuggle_gzip_chunked_01"] = Codings,
        ["gunicorn:valid/rfc9112_smuggle_te_identity_chunked_01"] = Codings,
        ["gunicorn:valid/rfc9112_target_absolute_userinfo_01"] = UserInfo,
        ["httparse:test_request_newlines"] = BareLineFeed,
        ["httparse:test_request_path_backslash"] = BareLineFeed,
        ["httparse:test_response_newlines"] = BareLineFeed,
        ["httparse:test_response_reason_with_space_and_tab"] = UnaskedUpgrade,
        ["httparse:test_response_empty_lines_prefix_lf_only"] = BareLineFeed,
        ["httparse:test_response_no_cr"] = BareLineFeed,
        ["probe:COMP-UPGRADE-HTTP10"] = Version10,
        ["envoy-codec:Http1ServerConnectionImplTest.ConnectRequestNoContentLength#0"] = HostForAll,
        ["envoy-codec:Http1ServerConnectionImplTest.ConnectRequestWithEarlyData#0"] = HostForAll,
        ["envoy-codec:Http1ServerConnectionImplTest.ConnectRequestWithZeroContentLength#0"] = HostForAll,
        ["envoy-codec:Http1ServerConnectionImplTest.ObsFold#0"] = ObsFold,
        ["envoy-codec:Http1ClientConnectionImplTest.ObsFold#0"] = ObsFold,
        ["envoy-codec:Http1ServerConnectionImplTest.RequestAfterConnectionClose#1"] = AfterClose,
    };

    /// <summary>The source refuses, we accept.</summary>
    public static IReadOnlyDictionary<string, string> Accepted { get; } = new Dictionary<string, string>
    {
        ["gunicorn:invalid/006"] = TheirSetting,
        ["gunicorn:invalid/007"] = TheirSetting,
        ["gunicorn:invalid/008"] = TheirSetting,
        ["gunicorn:invalid/010"] = TheirSetting,
        ["gunicorn:invalid/011"] = TheirSetting,
        ["gunicorn:invalid/012"] = TheirSetting,
        ["gunicorn:invalid/017"] = TheirSetting,
        ["gunicorn:invalid/019"] = TheirSetting,
        ["gunicorn:invalid/chunked_07"] = TheirSetting,
        ["probe:SMUG-GET-CL-BODY-DESYNC"] = FramedBody,
        ["probe:SMUG-OPTIONS-CL-BODY-DESYNC"] = FramedBody,
        ["probe:MAL-EMPTY-REQUEST"] = "no byte came: the idle timeout's to judge",
        ["llhttp:request/content-length:78"] = CutLine,
        ["llhttp:request/invalid:493"] = CutLine,
        ["llhttp:request/transfer-encoding:470"] = CutLine,
        ["envoy-codec:Http1ServerConnectionImplTest.HeaderNameWithUnderscoreCauseRequestRejected#0"] = Underscores,
        ["envoy-codec:Http1ServerConnectionImplTest.LoadShedPointForAlreadyResetStream#0"] = LoadShed,
        ["envoy-codec:Http1ServerConnectionImplTest.LoadShedPointCanCloseConnectionOnDispatchOfContinuingStream#1"] = LoadShed,
        ["envoy-codec:Http1ClientConnectionImplTest.PrematureResponse#0"] = Premature,
        ["envoy-codec:Http1ClientConnectionImplTest.PrematureUpgradeResponse#0"] = Premature,
    };
}
