namespace Envoy.Stats;

/// <summary>The rules for tags that words alone do not describe. Immutable.</summary>
internal static class TagMatchers
{
    /// <summary><c>…_rq_</c>(<c>200</c>), three digits at the end.</summary>
    public static TagMatch ResponseCode(string name)
    {
        var at = name.Length - 3;
        return at >= 4 && name.AsSpan(0, at).EndsWith("_rq_") && AreDigits(name.AsSpan(at)) ? new TagMatch(at..name.Length, (at - 1)..name.Length) : default;
    }

    /// <summary><c>…_rq_</c>(<c>2</c>)<c>xx</c> at the end.</summary>
    public static TagMatch ResponseCodeClass(string name)
    {
        var at = name.Length - 3;
        return at >= 4 && name.EndsWith("xx", StringComparison.Ordinal) && char.IsAsciiDigit(name[at]) && name.AsSpan(0, at).EndsWith("_rq_")
            ? new TagMatch(at..(at + 1), at..(at + 1))
            : default;
    }

    /// <summary><c>listener.ADDRESS.ssl.ciphers.</c>(name) and its like under clusters, the name being the last word.</summary>
    public static TagMatch Tls(string name, string infix)
    {
        var dot = name.LastIndexOf('.');
        if (dot < 0 || !IsListenerOrCluster(name) || !name.AsSpan(0, dot + 1).EndsWith(infix) || dot + 1 - infix.Length < Prefix(name)
            || !IsCipherName(name.AsSpan(dot + 1)))
        {
            return default;
        }

        return new TagMatch((dot + 1)..name.Length, dot..name.Length);
    }

    /// <summary><c>cluster.NAME.ssl.ciphers.</c>(name), the cluster's name being one word.</summary>
    public static TagMatch ClusterCipher(string name)
    {
        var afterName = name.IndexOf('.', "cluster.".Length);
        return afterName > "cluster.".Length && name.AsSpan(afterName).StartsWith(".ssl.ciphers.")
            ? Tls(name, ".ssl.ciphers.")
            : default;
    }

    /// <summary><c>….ssl.versions.</c>(<c>TLSv1.3</c>) at the end.</summary>
    public static TagMatch TlsVersion(string name)
    {
        const string Infix = ".ssl.versions.";
        const int VersionLength = 7;
        var at = name.Length - VersionLength;
        if (at < Infix.Length || !IsListenerOrCluster(name) || at - Infix.Length < Prefix(name) || !name.AsSpan(0, at).EndsWith(Infix))
            return default;
        var version = name.AsSpan(at);
        return version.StartsWith("TLSv") && char.IsAsciiDigit(version[4]) && version[5] == '.' && char.IsAsciiDigit(version[6])
            ? new TagMatch(at..name.Length, (at - 1)..name.Length)
            : default;
    }

    /// <summary><c>….ssl.certificate.</c>(name)<c>.…</c></summary>
    public static TagMatch TlsCertificate(string name)
        => IsListenerOrCluster(name) ? WordAfter(name, ".ssl.certificate.", Prefix(name)) : default;

    /// <summary><c>listener.ADDRESS.worker_</c>(0)<c>.…</c>, and under the managers and the server.</summary>
    public static TagMatch Worker(string name)
    {
        var at = -1;
        if (name.StartsWith("listener.", StringComparison.Ordinal))
        {
            var end = EndOfAddress(name, "listener.".Length);
            at = end < 0 ? -1 : end + 1;
        }
        else if (name.StartsWith("server.", StringComparison.Ordinal) || name.StartsWith("listener_manager.", StringComparison.Ordinal)
            || name.StartsWith("thread_local_cluster_manager.", StringComparison.Ordinal))
        {
            at = name.IndexOf('.', StringComparison.Ordinal) + 1;
        }

        const string Worker = "worker_";
        if (at < 0 || !name.AsSpan(at).StartsWith(Worker))
            return default;
        at += Worker.Length;
        var dot = name.IndexOf('.', at);
        return dot > at && AreDigits(name.AsSpan(at, dot - at)) ? new TagMatch(at..dot, at..(dot + 1)) : default;
    }

    /// <summary><c>listener.ADDRESS.http.</c>(prefix)<c>.…</c></summary>
    public static TagMatch ListenerHttpPrefix(string name) => WordAfter(name, ".http.", "listener.".Length);

    /// <summary><c>listener.</c>(address or prefix)<c>.…</c>, but not the admin listener.</summary>
    public static TagMatch ListenerAddress(string name)
    {
        var at = "listener.".Length;
        var end = EndOfAddress(name, at);
        return end < 0 || name.AsSpan(at, end - at) is "admin" ? default : new TagMatch(at..end, at..(end + 1));
    }

    /// <summary><c>http.PREFIX.rds.</c>(name)<c>.update_success</c>; the name may have dots and, of routes, slashes.</summary>
    public static TagMatch RouteConfig(string name, string kind, bool slash)
    {
        var rest = AfterHttpPrefix(name, kind);
        var last = name.LastIndexOf('.');
        if (rest < 0 || last <= rest || last == name.Length - 1)
            return default;
        foreach (var c in name.AsSpan(rest, last - rest))
        {
            if (!IsWordCharacter(c) && c is not ('-' or '.') && !(slash && c == '/'))
                return default;
        }

        foreach (var c in name.AsSpan(last + 1))
        {
            if (!IsWordCharacter(c))
                return default;
        }

        return new TagMatch(rest..last, rest..(last + 1));
    }

    /// <summary><c>http.PREFIX.rbac.[PREFIX.]policy.</c>(name)<c>.allowed</c> and the other three verdicts.</summary>
    public static TagMatch RbacPolicy(string name)
    {
        var at = AfterHttpPrefix(name, "rbac");
        if (at < 0)
            return default;
        if (!name.AsSpan(at).StartsWith("policy."))
        {
            at = name.IndexOf('.', at) + 1;
            if (at == 0 || !name.AsSpan(at).StartsWith("policy."))
                return default;
        }

        at += "policy.".Length;
        var dot = name.IndexOf('.', at);
        return dot > at && name.AsSpan(dot + 1) is "allowed" or "shadow_allowed" or "denied" or "shadow_denied"
            ? new TagMatch(at..dot, at..(dot + 1))
            : default;
    }

    /// <summary><c>http.PREFIX.rbac.</c>(prefix)<c>.…</c>, the word <c>policy</c> being no prefix.</summary>
    public static TagMatch RbacHttpPrefix(string name)
    {
        var at = AfterHttpPrefix(name, "rbac");
        if (at < 0)
            return default;
        var dot = name.IndexOf('.', at);
        return dot > at && name.AsSpan(at, dot - at) is not "policy" ? new TagMatch(at..dot, at..(dot + 1)) : default;
    }

    /// <summary><c>proxy_proto.</c>(prefix)<c>.…</c>, the word <c>versions</c> being no prefix.</summary>
    public static TagMatch ProxyProtocolPrefix(string name)
    {
        const int At = 12; // "proxy_proto."
        var dot = name.IndexOf('.', At);
        return dot > At && dot < name.Length - 1 && name.AsSpan(At, dot - At) is not "versions" ? new TagMatch(At..dot, At..(dot + 1)) : default;
    }

    /// <summary><c>proxy_proto.[PREFIX.]versions.v</c>(2)<c>.found</c>; all of it up to the last word goes.</summary>
    public static TagMatch ProxyProtocolVersion(string name)
    {
        const int At = 12; // "proxy_proto."
        var at = At;
        if (!name.AsSpan(at).StartsWith("versions.v"))
        {
            at = name.IndexOf('.', at) + 1;
            if (at == 0 || !name.AsSpan(at).StartsWith("versions.v"))
                return default;
        }

        at += "versions.v".Length;
        return at + 2 < name.Length && char.IsAsciiDigit(name[at]) && name[at + 1] == '.' && name.IndexOf('.', at + 2) < 0
            ? new TagMatch(at..(at + 1), At..(at + 2))
            : default;
    }

    /// <summary><c>sds.</c>(secret)<c>.…</c></summary>
    public static TagMatch SecretName(string name)
    {
        const int At = 4; // "sds."
        var dot = name.IndexOf('.', At);
        return dot > At && dot < name.Length - 1 ? new TagMatch(At..dot, At..(dot + 1)) : default;
    }

    /// <summary>The first non-empty word that stands after <paramref name="infix"/> and before another dot.</summary>
    private static TagMatch WordAfter(string name, string infix, int from)
    {
        for (var at = name.IndexOf(infix, from, StringComparison.Ordinal); at >= 0; at = name.IndexOf(infix, at + 1, StringComparison.Ordinal))
        {
            var start = at + infix.Length;
            var dot = name.IndexOf('.', start);
            if (dot > start)
                return new TagMatch(start..dot, start..(dot + 1));
        }

        return default;
    }

    /// <summary>Where the text after <c>http.PREFIX.KIND.</c> begins; -1 if the name does not begin so.</summary>
    private static int AfterHttpPrefix(string name, string kind)
    {
        const int At = 5; // "http."
        var dot = name.IndexOf('.', At);
        if (dot <= At || !name.AsSpan(dot + 1).StartsWith(kind))
            return -1;
        var end = dot + 1 + kind.Length;
        return end < name.Length - 1 && name[end] == '.' ? end + 1 : -1;
    }

    /// <summary>The dot that ends an address (<c>127.0.0.1_80</c>, <c>[__1]_80</c>) or, failing that, a word; -1 if nothing ends so.</summary>
    private static int EndOfAddress(string name, int at)
    {
        var rest = name.AsSpan(at);
        var length = AddressLength(rest);
        if (length > 0 && length < rest.Length && rest[length] == '.')
            return at + length;
        var dot = name.IndexOf('.', at);
        return dot > at ? dot : -1;
    }

    private static int AddressLength(ReadOnlySpan<char> text)
    {
        int host;
        if (text.StartsWith("["))
        {
            host = text.IndexOf(']') + 1;
            if (host <= 2)
                return 0;
            foreach (var c in text[1..(host - 1)])
            {
                if (!char.IsAsciiHexDigit(c) && c != '_')
                    return 0;
            }
        }
        else
        {
            host = 0;
            for (var octet = 0; octet < 4; octet++)
            {
                if (octet > 0)
                {
                    if (host >= text.Length || text[host] != '.')
                        return 0;
                    host++;
                }

                var digits = DigitCount(text[host..]);
                if (digits is 0 or > 3)
                    return 0;
                host += digits;
            }
        }

        if (host >= text.Length || text[host] != '_')
            return 0;
        var port = DigitCount(text[(host + 1)..]);
        return port == 0 ? 0 : host + 1 + port;
    }

    private static int DigitCount(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }

    private static bool IsListenerOrCluster(string name)
        => name.StartsWith("listener.", StringComparison.Ordinal) || name.StartsWith("cluster.", StringComparison.Ordinal);

    /// <summary>The length of <c>listener.</c> or <c>cluster.</c></summary>
    private static int Prefix(string name) => name[0] == 'l' ? "listener.".Length : "cluster.".Length;

    private static bool AreDigits(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');

    private static bool IsWordCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private static bool IsCipherName(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!IsWordCharacter(c) && c != '-')
                return false;
        }

        return text.Length > 0;
    }
}
