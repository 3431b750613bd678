using System.Net;
using Envoy.Extensions;
using Envoy.Net;

namespace Envoy.Listeners.Matching;

/// <summary>
/// Chooses the filter chain of a connection as Envoy does: one step a property, in a fixed order; each step takes the most specific value that some
/// chain has, and a later step that finds nothing does not make an earlier one choose again. Filled first, immutable afterwards.
/// </summary>
/// <remarks>
/// <code>
/// destination port ─► destination address ─► server name ─► transport protocol ─► application protocol
///    ─► direct source address ─► source type ─► source address ─► source port ─► the chain
/// </code>
/// </remarks>
internal sealed class FilterChainMatcher
{
    private static readonly ValueList<CidrRangeConfig> Everywhere = [new("0.0.0.0", 0), new("::", 0)];

    private readonly Dictionary<int, PrefixTable<ServerNames>> _ports = [];
    private readonly int _otherwise;

    private FilterChainMatcher(int otherwise) => _otherwise = otherwise;

    /// <summary>Compiles the matches of a listener's chains.</summary>
    /// <param name="matches">One for each chain; null matches everything.</param>
    /// <param name="otherwise">The chain of connections that no other one matches; -1: none.</param>
    /// <param name="onError">Told what is wrong with which chain, at which field, and of which earlier chain matches the same (-1: none).</param>
    public static FilterChainMatcher Compile(IReadOnlyList<FilterChainMatchConfig?> matches, int otherwise, Action<int, string, string, int> onError)
    {
        var matcher = new FilterChainMatcher(otherwise);
        for (var i = 0; i < matches.Count; i++)
        {
            var chain = i;
            var wrong = false;
            var match = matches[i] ?? new FilterChainMatchConfig();
            Check(match, (field, message) =>
            {
                wrong = true;
                onError(chain, field, message, -1);
            });
            if (!wrong && matcher.Add(match, chain) is >= 0 and var earlier)
                onError(chain, "", "", earlier);
        }

        return matcher;
    }

    /// <summary>The chain; -1: none.</summary>
    public int Find(in ConnectionFacts facts)
    {
        if (!_ports.TryGetValue(facts.DestinationPort, out var addresses) && !_ports.TryGetValue(0, out addresses))
            return _otherwise;
        var found = addresses.Find(facts.Destination)?.Find(facts.ServerName)?.Find(facts.TransportProtocol)?.Find(facts.ApplicationProtocols)
            ?.Find(facts.DirectSource)?.Find(facts.IsLocal)?.Find(facts.Source)?.Find(facts.SourcePort);
        return found ?? _otherwise;
    }

    private static void Check(FilterChainMatchConfig match, Action<string, string> onError)
    {
        CheckRanges("prefix_ranges", match.PrefixRanges, onError);
        CheckRanges("direct_source_prefix_ranges", match.DirectSourcePrefixRanges, onError);
        CheckRanges("source_prefix_ranges", match.SourcePrefixRanges, onError);
        if (match.DestinationPort is < 1 or > 65535)
            onError("destination_port", "must be 1 to 65535");
        for (var i = 0; i < match.SourcePorts.Count; i++)
        {
            if (match.SourcePorts[i] is < 1 or > 65535)
                onError($"source_ports[{i}]", "must be 1 to 65535");
        }

        for (var i = 0; i < match.ServerNames.Count; i++)
        {
            if (match.ServerNames[i].Contains('*', StringComparison.Ordinal) && !match.ServerNames[i].StartsWith("*.", StringComparison.Ordinal))
                onError($"server_names[{i}]", $"'{match.ServerNames[i]}' is no server name: a wildcard is a whole label, as in *.example.com");
        }
    }

    private static void CheckRanges(string field, ValueList<CidrRangeConfig> ranges, Action<string, string> onError)
    {
        for (var i = 0; i < ranges.Count; i++)
        {
            var bits = AddressReader.IsIPLiteral(ranges[i].AddressPrefix) ? IPAddress.Parse(ranges[i].AddressPrefix).GetAddressBytes().Length * 8 : -1;
            if (bits < 0)
                onError($"{field}[{i}]", $"'{ranges[i].AddressPrefix}' is not an IP address");
            else if (ranges[i].PrefixLength > bits)
                onError($"{field}[{i}]", $"a prefix of {ranges[i].AddressPrefix} has at most {bits} bits");
        }
    }

    /// <summary>Adds every combination of the match's values; returns the chain that has one of them already, or -1.</summary>
    private int Add(FilterChainMatchConfig match, int chain)
    {
        var earlier = -1;
        var port = match.DestinationPort ?? 0;
        if (!_ports.TryGetValue(port, out var addresses))
            _ports.Add(port, addresses = new PrefixTable<ServerNames>());
        foreach (var names in In(addresses, match.PrefixRanges))
        {
            foreach (var name in OrAny(match.ServerNames, ""))
            {
                foreach (var protocol in OrAny(match.ApplicationProtocols, ""))
                {
                    foreach (var types in In(names.Of(name).Of(match.TransportProtocol).Of(protocol).Addresses, match.DirectSourcePrefixRanges))
                    {
                        foreach (var ports in In(types.Of(match.SourceType), match.SourcePrefixRanges))
                        {
                            foreach (var sourcePort in OrAny(match.SourcePorts, 0))
                            {
                                if (!ports.TryAdd(sourcePort, chain, out var other))
                                    earlier = other;
                            }
                        }
                    }
                }
            }
        }

        return earlier;
    }

    private static IReadOnlyList<T> OrAny<T>(IReadOnlyList<T> values, T any) => values.Count > 0 ? values : [any];

    // No networks are those of all addresses, of either family.
    private static IEnumerable<T> In<T>(PrefixTable<T> table, ValueList<CidrRangeConfig> ranges)
        where T : class, new()
    {
        foreach (var range in ranges.Count > 0 ? ranges : Everywhere)
            yield return table.Get(IPAddress.Parse(range.AddressPrefix), (int)range.PrefixLength, static () => new T());
    }
}
