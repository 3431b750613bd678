using System.Net;
using Envoy.Extensions;
using Envoy.Filters.Common.Rbac;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Net;

namespace Envoy.Filters.Tests.Common.Rbac;

[TestFixture]
internal sealed class RbacEngineTests
{
    private static readonly RbacRuleConfig Any = new RbacRuleConfig.Any();

    private static readonly RbacRuleConfig Never = new RbacRuleConfig.Not(Any);

    private static readonly TestCaseData[] Rules =
    [
        Rule("any", Any, true),
        Rule("not", Never, false),
        Rule("and of all", new RbacRuleConfig.And([Any, Any]), true),
        Rule("and of one that is not", new RbacRuleConfig.And([Any, Never]), false),
        Rule("or of one", new RbacRuleConfig.Or([Never, Any]), true),
        Rule("or of none", new RbacRuleConfig.Or([Never, Never]), false),
        Rule("header", new RbacRuleConfig.Header(new HeaderMatcherConfig("x-user") { StringMatch = StringMatcherConfig.Exact("admin") }), true),
        Rule("header of another value", new RbacRuleConfig.Header(new HeaderMatcherConfig("x-user") { StringMatch = StringMatcherConfig.Exact("guest") }), false),
        Rule("header that is not there, inverted", new RbacRuleConfig.Header(new HeaderMatcherConfig("x-none") { PresentMatch = true, InvertMatch = true }), true),
        Rule("method", new RbacRuleConfig.Header(new HeaderMatcherConfig(":method") { StringMatch = StringMatcherConfig.Exact("GET") }), true),
        Rule("path without its query", new RbacRuleConfig.UrlPath(StringMatcherConfig.Exact("/a/b")), true),
        Rule("path with a query", new RbacRuleConfig.UrlPath(StringMatcherConfig.Suffix("?q")), false),
        Rule("remote in the network", new RbacRuleConfig.Ip(RbacAddress.Remote, new CidrRangeConfig("10.1.2.3", 8)), true),
        Rule("remote outside the network", new RbacRuleConfig.Ip(RbacAddress.Remote, new CidrRangeConfig("10.1.0.0", 24)), false),
        Rule("remote of the other family", new RbacRuleConfig.Ip(RbacAddress.Remote, new CidrRangeConfig("::", 0)), false),
        Rule("no connection: destination", new RbacRuleConfig.Ip(RbacAddress.Destination, new CidrRangeConfig("0.0.0.0", 0)), false),
        Rule("no connection: port", new RbacRuleConfig.DestinationPort(0, 65536), false),
        Rule("no connection: no server name", new RbacRuleConfig.RequestedServerName(StringMatcherConfig.Exact("")), true),
        Rule("no connection: nobody", new RbacRuleConfig.Authenticated(null), false),
    ];

    [TestCaseSource(nameof(Rules))]
    public void Rule_OfEachKind_Decides(string name, object rule, bool expected)
    {
        var errors = new List<string>();
        var compiled = RbacRule.TryCompile((RbacRuleConfig)rule, errors.Add);
        Assert.That(errors, Is.Empty);
        Assert.That(compiled!.Matches(Request()), Is.EqualTo(expected));
    }

    [TestCase(RbacAction.Allow, true, true)]
    [TestCase(RbacAction.Allow, false, false)]
    [TestCase(RbacAction.Deny, true, false)]
    [TestCase(RbacAction.Deny, false, true)]
    [TestCase(RbacAction.Log, true, true)]
    [TestCase(RbacAction.Log, false, true)]
    public void Action_OverAPolicyThatMatchesOrNot(RbacAction action, bool matches, bool allowed)
    {
        var engine = RbacEngine.Compile(new RbacConfig { Action = action, Policies = [new RbacPolicyConfig("p", [Any], [matches ? Any : Never])] })!;
        Assert.That(engine.Allows(Request(), out var policy), Is.EqualTo(allowed));
        Assert.That(policy?.Name, Is.EqualTo(matches ? "p" : null));
    }

    [TestCase(RbacAction.Allow, false)]
    [TestCase(RbacAction.Deny, true)]
    public void NoPolicy_IsNobodysOrEverybodys(RbacAction action, bool allowed) =>
        Assert.That(RbacEngine.Compile(new RbacConfig { Action = action })!.Allows(Request(), out _), Is.EqualTo(allowed));

    [Test]
    public void Policies_AreAskedByTheirNames_AndBothHalvesMustMatch()
    {
        var engine = RbacEngine.Compile(new RbacConfig
        {
            Policies = [new RbacPolicyConfig("c", [Any], [Any]), new RbacPolicyConfig("a", [Never], [Any]), new RbacPolicyConfig("b x\ty", [Never, Any], [Any])],
        })!;
        Assert.That(engine.Allows(Request(), out var policy), Is.True);
        Assert.That(policy!.Name, Is.EqualTo("b x\ty"));
        Assert.That(RbacPolicy.DetailsOf(policy), Is.EqualTo("rbac_access_denied_matched_policy[b_x_y]"));
        Assert.That(RbacPolicy.DetailsOf(null), Is.EqualTo("rbac_access_denied_matched_policy[none]"));
    }

    [Test]
    public void WrongRules_AreAllReported()
    {
        var errors = new List<string>();
        RbacRuleConfig[] rules =
        [
            new RbacRuleConfig.UrlPath(StringMatcherConfig.Regex("(")),
            new RbacRuleConfig.Not(new RbacRuleConfig.Ip(RbacAddress.Source, new CidrRangeConfig("nowhere", 0))),
            new RbacRuleConfig.And([new RbacRuleConfig.Authenticated(StringMatcherConfig.Regex("[")), Any]),
        ];
        Assert.That(RbacRule.TryCompile(rules, errors.Add), Is.Null);
        Assert.That(errors, Has.Count.EqualTo(3));
    }

    [Test]
    public void Decision_AllocatesNothing()
    {
        var engine = RbacEngine.Compile(new RbacConfig
        {
            Policies =
            [
                new RbacPolicyConfig("a", [new RbacRuleConfig.UrlPath(StringMatcherConfig.Regex("/b/.*"))], [Any]),
                new RbacPolicyConfig("b", [new RbacRuleConfig.Or([Never, Any])], [new RbacRuleConfig.And([.. Rules.Where(r => (bool)r.Arguments[2]!).Select(r => (RbacRuleConfig)r.Arguments[1]!)])]),
            ],
        })!;
        var (headers, scratch) = (Headers(), new MatchScratch());
        var client = new IPEndPoint(IPAddress.Parse("10.9.9.9"), 1);
        for (var i = 0; i < 100; i++)
            Assert.That(engine.Allows(new RbacSubject(null, headers, client, scratch), out _), Is.True);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            engine.Allows(new RbacSubject(null, headers, client, scratch), out _);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static RbacSubject Request() => new(null, Headers(), new IPEndPoint(IPAddress.Parse("10.9.9.9"), 1), new MatchScratch());

    private static HeaderMap Headers()
    {
        var headers = new HeaderMap();
        headers.Add(HeaderId.Method, "GET"u8);
        headers.Add(HeaderId.Path, "/a/b?q"u8);
        headers.Add("x-user", "admin");
        return headers;
    }

    private static TestCaseData Rule(string name, RbacRuleConfig rule, bool expected) => new TestCaseData(name, rule, expected).SetArgDisplayNames(name);
}
