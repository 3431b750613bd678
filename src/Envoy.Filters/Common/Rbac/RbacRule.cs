using System.Text;
using Envoy.ConnectionManager.Streams;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Net.Tls;

namespace Envoy.Filters.Common.Rbac;

/// <summary>A compiled condition. Immutable.</summary>
internal abstract class RbacRule
{
    // Longer names are put together elsewhere; nobody's are.
    private const int ShortText = 512;

    /// <summary>Whether it is met.</summary>
    public abstract bool Matches(in RbacSubject subject);

    /// <summary>Makes the worker's expressions before the first request needs them.</summary>
    public virtual void Warm(MatchScratch scratch)
    {
    }

    /// <summary>Compiles a condition; what is wrong goes to <paramref name="onError"/>, and then nothing is returned.</summary>
    public static RbacRule? TryCompile(RbacRuleConfig config, Action<string> onError)
    {
        switch (config)
        {
            case RbacRuleConfig.And and:
                return TryCompile(and.Rules, onError) is { } all ? new Combined(all, wants: false) : null;
            case RbacRuleConfig.Or or:
                return TryCompile(or.Rules, onError) is { } any ? new Combined(any, wants: true) : null;
            case RbacRuleConfig.Not not:
                return TryCompile(not.Rule, onError) is { } rule ? new Negated(rule) : null;
            case RbacRuleConfig.Header header:
                return HeaderMatcher.TryCompile(header.Matcher, out var headerError) is { } matcher ? new OfHeader(matcher) : Fail(headerError);
            case RbacRuleConfig.UrlPath path:
                return StringMatcher.TryCompile(path.Matcher, out var pathError) is { } onPath ? new OfPath(onPath) : Fail(pathError);
            case RbacRuleConfig.Ip ip:
                var failed = false;
                var ranges = AddressRanges.Compile([ip.Range], (_, message) =>
                {
                    failed = true;
                    onError(message);
                });
                return failed ? null : new OfAddress(ip.Address, ranges);
            case RbacRuleConfig.DestinationPort port:
                return new OfPort(port.Start, port.End);
            case RbacRuleConfig.RequestedServerName name:
                return StringMatcher.TryCompile(name.Matcher, out var nameError) is { } onName ? new OfServerName(onName) : Fail(nameError);
            case RbacRuleConfig.Authenticated { PrincipalName: { } principal }:
                return StringMatcher.TryCompile(principal, out var principalError) is { } onPrincipal ? new OfPrincipal(onPrincipal) : Fail(principalError);
            case RbacRuleConfig.Authenticated:
                return new OfPrincipal(null);
            default:
                return new Everything();
        }

        RbacRule? Fail(string message)
        {
            onError(message);
            return null;
        }
    }

    /// <summary>Compiles several; null if one of them is wrong.</summary>
    public static RbacRule[]? TryCompile(IReadOnlyList<RbacRuleConfig> configs, Action<string> onError)
    {
        // All of them, so that everything that is wrong is said.
        var rules = configs.Select(c => TryCompile(c, onError)).ToList();
        return rules.Contains(null) ? null : [.. rules.OfType<RbacRule>()];
    }

    private static bool Meets(StringMatcher matcher, string text, MatchScratch scratch)
    {
        Span<byte> bytes = text.Length <= ShortText ? stackalloc byte[3 * ShortText] : new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        return matcher.Matches(bytes[..Encoding.UTF8.GetBytes(text, bytes)], scratch);
    }

    private sealed class Everything : RbacRule
    {
        public override bool Matches(in RbacSubject subject) => true;
    }

    // The first that says what is wanted decides; "and" looks for one that is not met.
    private sealed class Combined(RbacRule[] rules, bool wants) : RbacRule
    {
        public override bool Matches(in RbacSubject subject)
        {
            foreach (var rule in rules)
            {
                if (rule.Matches(subject) == wants)
                    return wants;
            }

            return !wants;
        }

        public override void Warm(MatchScratch scratch)
        {
            foreach (var rule in rules)
                rule.Warm(scratch);
        }
    }

    private sealed class Negated(RbacRule rule) : RbacRule
    {
        public override bool Matches(in RbacSubject subject) => !rule.Matches(subject);

        public override void Warm(MatchScratch scratch) => rule.Warm(scratch);
    }

    private sealed class OfHeader(HeaderMatcher matcher) : RbacRule
    {
        private static readonly HeaderMap None = new();

        public override bool Matches(in RbacSubject subject) => matcher.Matches(subject.Headers ?? None, subject.Scratch);

        public override void Warm(MatchScratch scratch) => matcher.Warm(scratch);
    }

    private sealed class OfPath(StringMatcher matcher) : RbacRule
    {
        public override bool Matches(in RbacSubject subject)
        {
            if (subject.Headers is null || !subject.Headers.TryGet(HeaderId.Path, out var path))
                return false;
            var end = path.IndexOfAny((byte)'?', (byte)'#');
            return matcher.Matches(end < 0 ? path : path[..end], subject.Scratch);
        }

        public override void Warm(MatchScratch scratch) => matcher.Warm(scratch);
    }

    private sealed class OfAddress(RbacAddress address, AddressRanges ranges) : RbacRule
    {
        public override bool Matches(in RbacSubject subject) => subject.AddressOf(address) is { } found && ranges.Contains(found.Address);
    }

    private sealed class OfPort(int start, int end) : RbacRule
    {
        public override bool Matches(in RbacSubject subject) => subject.AddressOf(RbacAddress.Destination) is { } local && local.Port >= start && local.Port < end;
    }

    private sealed class OfServerName(StringMatcher matcher) : RbacRule
    {
        public override bool Matches(in RbacSubject subject) => Meets(matcher, subject.Connection?.RequestedServerName ?? "", subject.Scratch);

        public override void Warm(MatchScratch scratch) => matcher.Warm(scratch);
    }

    private sealed class OfPrincipal(StringMatcher? matcher) : RbacRule
    {
        public override bool Matches(in RbacSubject subject)
        {
            if (subject.Connection?.Tls is not { } tls)
                return false;
            return matcher is null || Matches(matcher, tls.Peer, subject.Scratch);
        }

        public override void Warm(MatchScratch scratch) => matcher?.Warm(scratch);

        private static bool Matches(StringMatcher matcher, CertificateDetails? peer, MatchScratch scratch)
        {
            if (peer is null)
                return matcher.Matches(default, scratch);
            foreach (var uri in peer.Names.Uri)
            {
                if (Meets(matcher, uri, scratch))
                    return true;
            }

            foreach (var name in peer.Names.Dns)
            {
                if (Meets(matcher, name, scratch))
                    return true;
            }

            return Meets(matcher, peer.Subject, scratch);
        }
    }
}
