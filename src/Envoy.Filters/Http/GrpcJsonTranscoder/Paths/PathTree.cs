using System.Text;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Paths;

/// <summary>
/// Finds the rule for a method and path: literals before <c>*</c>, that before <c>**</c>, going back where the better start leads nowhere. Its
/// depth is that of the longest template, whatever a client sends. Filled before it is shared, immutable afterwards.
/// </summary>
internal sealed class PathTree
{
    private readonly Node _root = new();
    private readonly Utf8Table<string> _verbs = new();

    public void Add(string method, PathTemplate template, PathRule rule)
    {
        var node = _root;
        foreach (var segment in template.Segments)
            node = node.Child(segment);
        node.Add(new Entry(Encoding.UTF8.GetBytes(method), Encoding.UTF8.GetBytes(template.Verb), rule));
        if (template.Verb.Length > 0)
            _ = _verbs.TryAdd(Encoding.UTF8.GetBytes(template.Verb), template.Verb);
    }

    /// <summary>The rule; null: none, or more than one.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">The path without its query.</param>
    /// <param name="anyVerb">A verb that no template has is one, too.</param>
    /// <param name="parts">Filled with where the path's segments are.</param>
    public PathRule? Find(ReadOnlySpan<byte> method, ReadOnlySpan<byte> path, bool anyVerb, PathParts parts)
    {
        ReadOnlySpan<byte> verb = default;
        var colon = path.LastIndexOf((byte)':');
        if (colon > path.LastIndexOf((byte)'/') && (anyVerb || _verbs.Find(path[(colon + 1)..]) is not null))
        {
            verb = path[(colon + 1)..];
            path = path[..colon];
        }

        parts.Split(path);
        return Find(_root, 0, new Request(method, verb, path, parts)) is { IsAmbiguous: false } entry ? entry.Rule : null;
    }

    private static Entry? Find(Node node, int index, Request request)
    {
        for (; ; index++)
        {
            if (index == request.Parts.Count)
                return node.EntryFor(request) ?? node.DoubleStar?.EntryFor(request);
            if (node.Literals.Find(request.Parts.Of(request.Path, index)) is { } literal && Find(literal, index + 1, request) is { } found)
                return found;
            // Under a double star any number of segments may come before the literals that end the template.
            if (!node.IsDoubleStar)
                break;
        }

        return (node.Star is { } star ? Find(star, index + 1, request) : null) ?? (node.DoubleStar is { } rest ? Find(rest, index + 1, request) : null);
    }

    private readonly ref struct Request(ReadOnlySpan<byte> method, ReadOnlySpan<byte> verb, ReadOnlySpan<byte> path, PathParts parts)
    {
        public readonly ReadOnlySpan<byte> Method = method;
        public readonly ReadOnlySpan<byte> Verb = verb;
        public readonly ReadOnlySpan<byte> Path = path;
        public readonly PathParts Parts = parts;
    }

    private sealed class Entry(byte[] method, byte[] verb, PathRule rule)
    {
        public byte[] Verb => verb;

        public byte[] Method => method;

        public PathRule Rule => rule;

        /// <summary>Two methods ask for the same path, so that neither gets it, as in Envoy.</summary>
        public bool IsAmbiguous { get; set; }
    }

    private sealed class Node
    {
        private readonly List<Entry> _entries = [];

        public Utf8Table<Node> Literals { get; } = new();

        public Node? Star { get; private set; }

        public Node? DoubleStar { get; private set; }

        public bool IsDoubleStar { get; private init; }

        public Node Child(string segment)
        {
            if (segment == "*")
                return Star ??= new Node();
            if (segment == "**")
                return DoubleStar ??= new Node { IsDoubleStar = true };
            var name = Encoding.UTF8.GetBytes(segment);
            if (Literals.Find(name) is { } found)
                return found;
            var made = new Node();
            _ = Literals.TryAdd(name, made);
            return made;
        }

        public void Add(Entry entry)
        {
            if (_entries.Find(e => e.Method.AsSpan().SequenceEqual(entry.Method) && e.Verb.AsSpan().SequenceEqual(entry.Verb)) is { } before)
                before.IsAmbiguous = true;
            else
                _entries.Add(entry);
        }

        public Entry? EntryFor(Request request)
        {
            Entry? any = null;
            foreach (var entry in _entries)
            {
                if (!request.Verb.SequenceEqual(entry.Verb))
                    continue;
                if (request.Method.SequenceEqual(entry.Method))
                    return entry;
                if (entry.Method is [(byte)'*'])
                    any = entry;
            }

            return any;
        }
    }
}
