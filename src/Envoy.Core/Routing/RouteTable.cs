using System.Text;

namespace Envoy.Routing;

/// <summary>
/// A compiled <see cref="RouteConfiguration"/>: from a request's host to the virtual host. Workers look into it through a
/// <see cref="RouteMatcher"/> each. Immutable.
/// </summary>
internal sealed class RouteTable
{
    private readonly DomainTable _exact = new();
    private readonly DomainTable _suffixes = new();
    private readonly DomainTable _prefixes = new();
    private readonly VirtualHost[] _virtualHosts;
    private VirtualHost? _default;

    private RouteTable(string name, VirtualHost[] virtualHosts, string[] patterns)
    {
        Name = name;
        _virtualHosts = virtualHosts;
        Patterns = patterns;
    }

    /// <summary>The configuration's name; may be empty.</summary>
    public string Name { get; }

    /// <summary>The virtual hosts in the configuration's order.</summary>
    public ReadOnlySpan<VirtualHost> VirtualHosts => _virtualHosts;

    /// <summary>The regular expressions of all routes, in the dialect of <see cref="System.Text.RegularExpressions.Regex"/>.</summary>
    internal string[] Patterns { get; }

    /// <summary>Compiles <paramref name="configuration"/>; adds all that is wrong with it to <paramref name="errors"/> and then returns null.</summary>
    public static RouteTable? Compile(RouteConfiguration configuration, ICollection<RouteError> errors)
    {
        var before = errors.Count;
        var patterns = new List<string>();
        var hosts = new VirtualHost[configuration.VirtualHosts.Count];
        for (var i = 0; i < hosts.Length; i++)
            hosts[i] = RouteCompiler.CompileVirtualHost(configuration.VirtualHosts[i], $"virtual_hosts[{i}]", patterns, errors);

        var table = new RouteTable(configuration.Name, hosts, [.. patterns]);
        for (var i = 0; i < hosts.Length; i++)
        {
            var domains = configuration.VirtualHosts[i].Domains;
            for (var d = 0; d < domains.Count; d++)
            {
                var error = table.AddDomain(domains[d], hosts[i]);
                if (error is not null)
                    errors.Add(new RouteError($"virtual_hosts[{i}].domains[{d}]", error));
            }
        }

        return errors.Count == before ? table : null;
    }

    /// <summary>
    /// The virtual host of <paramref name="authority"/> (with its port, in any case): the exact name; else the longest suffix wildcard; else
    /// the longest prefix wildcard; else <c>*</c>; else null.
    /// </summary>
    public VirtualHost? FindVirtualHost(ReadOnlySpan<byte> authority)
    {
        var host = _exact.Find(authority);
        if (host is not null)
            return host;
        foreach (var length in _suffixes.Lengths)
        {
            // Shorter, not equal: the star stands for one character at least.
            if (length < authority.Length && _suffixes.Find(authority[^length..]) is { } found)
                return found;
        }

        foreach (var length in _prefixes.Lengths)
        {
            if (length < authority.Length && _prefixes.Find(authority[..length]) is { } found)
                return found;
        }

        return _default;
    }

    private string? AddDomain(string domain, VirtualHost host)
    {
        var name = Encoding.UTF8.GetBytes(domain.ToLowerInvariant());
        bool added;
        if (name.AsSpan().SequenceEqual("*"u8))
        {
            if (_default is not null)
                return $"Only a single wildcard domain is permitted in route {Name}";
            _default = host;
            return null;
        }

        if (domain.AsSpan().ContainsAny('\0', '\r', '\n'))
            return "a domain must not hold NUL, CR or LF";
        if (name.Length > 0 && name[0] == (byte)'*')
            added = _suffixes.TryAdd(name[1..], host);
        else if (name.Length > 0 && name[^1] == (byte)'*')
            added = _prefixes.TryAdd(name[..^1], host);
        else
            added = _exact.TryAdd(name, host);
        if (!added)
            return $"Only unique values for domains are permitted. Duplicate entry of domain {domain.ToLowerInvariant()} in route {Name}";

        // Envoy takes a second star as a letter, which no host has: such a domain would silently match nothing.
        return domain.AsSpan().Count('*') > 1 || (domain.Contains('*', StringComparison.Ordinal) && domain[0] != '*' && domain[^1] != '*')
            ? $"a wildcard stands only at the beginning or at the end of a domain, once: {domain}"
            : null;
    }
}
