using System.Text;
using Envoy.Http.Headers;
using Envoy.Matching;

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
    private readonly HeaderName _vhostHeader;
    private VirtualHost[] _virtualHosts = [];
    private VirtualHost? _default;

    private RouteTable(RouteConfiguration config)
    {
        Config = config;
        _vhostHeader = config.VhostHeader.Length == 0 ? new HeaderName(":authority") : new HeaderName(config.VhostHeader);
        InternalOnlyHeaders = config.InternalOnlyHeaders.Select(h => new HeaderName(h)).ToArray();
    }

    /// <summary>What was asked for.</summary>
    public RouteConfiguration Config { get; }

    /// <summary>Some level turns a filter on or off.</summary>
    public bool TurnsFilters => Config.FilterOptions.Count > 0
        || Config.VirtualHosts.Any(h => h.FilterOptions.Count > 0 || h.Routes.Any(r => r.FilterOptions.Count > 0
            || r.Action is ForwardActionConfig { WeightedClusters: { } weighted } && weighted.Clusters.Any(c => c.FilterOptions.Count > 0)));

    /// <summary>Request headers that are taken off requests from outside.</summary>
    public HeaderName[] InternalOnlyHeaders { get; }

    /// <summary>The configuration's name; may be empty.</summary>
    public string Name => Config.Name;

    /// <summary>The virtual hosts in the configuration's order.</summary>
    public ReadOnlySpan<VirtualHost> VirtualHosts => _virtualHosts;

    /// <summary>Compiles <paramref name="configuration"/>; adds all that is wrong with it to <paramref name="errors"/> and then returns null.</summary>
    public static RouteTable? Compile(RouteConfiguration configuration, ICollection<RouteError> errors)
    {
        var before = errors.Count;
        var compiler = new RouteCompiler(configuration, errors);
        var hosts = new VirtualHost[configuration.VirtualHosts.Count];
        for (var i = 0; i < hosts.Length; i++)
            hosts[i] = compiler.CompileVirtualHost(configuration.VirtualHosts[i], $"virtual_hosts[{i}]");

        var table = new RouteTable(configuration) { _virtualHosts = hosts };
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

    /// <summary>The virtual host of a request: of its <c>:authority</c>, or of the header that the configuration names instead.</summary>
    public VirtualHost? FindVirtualHost(HeaderMap request)
    {
        // Where there is only the host of all, a request needs no name.
        if (_exact.IsEmpty && _suffixes.IsEmpty && _prefixes.IsEmpty)
            return _default;
        if (!_vhostHeader.TryGet(request, out var name))
            return null;
        return FindVirtualHost(Config.IgnorePortInHostMatching ? WithoutPort(name) : name);
    }

    /// <summary>The path as conditions see it: without query, fragment and, if so configured, what follows a semicolon.</summary>
    public ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> path)
    {
        path = RouteMatcher.WithoutQuery(path);
        if (!Config.IgnorePathParametersInPathMatching)
            return path;
        var semicolon = path.IndexOf((byte)';');
        return semicolon < 0 ? path : path[..semicolon];
    }

    /// <summary>Makes a worker's engines of all patterns before the first request needs them.</summary>
    public void Warm(MatchScratch scratch)
    {
        foreach (var host in _virtualHosts)
        {
            foreach (var route in host.Routes)
            {
                route.Path.Warm(scratch);
                route.Headers?.Warm(scratch);
            }
        }
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

    private static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> host)
    {
        var colon = host.LastIndexOf((byte)':');
        return colon < 0 || host.LastIndexOf((byte)']') > colon ? host : host[..colon];
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
