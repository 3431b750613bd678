using Envoy.Http;

namespace Envoy.Routing;

/// <summary>
/// Finds, for a path, the routes whose condition on the path can hold, in their order: prefixes in a tree of bytes, exact paths in the same
/// tree, the rest in a list. So the cost grows with how deep a path lies among the routes, not with how many there are. Immutable.
/// </summary>
/// <remarks>
/// Every node on the way down a path that ends some prefix lists the routes of that prefix; the candidates are those lists and the rest,
/// merged by the routes' places. A candidate is still checked whole: the index only leaves routes out.
/// </remarks>
internal sealed class RouteIndex
{
    /// <summary>Up to so many routes are looked at one after the other.</summary>
    public const int LeastRoutes = 8;

    private readonly Node _caseSensitive = new([]);
    private readonly Node _anyCase = new([]);
    private readonly List<int> _others = [];

    public RouteIndex(ReadOnlySpan<Route> routes)
    {
        for (var i = 0; i < routes.Length; i++)
        {
            var path = routes[i].Path;
            switch (path.Kind)
            {
                case PathCondition.PathKind.Prefix or PathCondition.PathKind.SeparatedPrefix:
                    _caseSensitive.Add(path.Text, exact: false, i);
                    break;
                case PathCondition.PathKind.Exact:
                    _caseSensitive.Add(path.Text, exact: true, i);
                    break;
                case PathCondition.PathKind.PrefixIgnoreCase or PathCondition.PathKind.SeparatedPrefixIgnoreCase:
                    _anyCase.Add(path.Text, exact: false, i);
                    break;
                case PathCondition.PathKind.ExactIgnoreCase:
                    _anyCase.Add(path.Text, exact: true, i);
                    break;
                default:
                    _others.Add(i);
                    break;
            }
        }
    }

    /// <summary>Collects the lists of candidates for <paramref name="path"/>; more than there is room for is more than any path has in practice, and then false.</summary>
    public bool TryCollect(ReadOnlySpan<byte> path, Span<Candidates> lists, out int count)
    {
        count = 0;
        if (_others.Count > 0)
            lists[count++] = new Candidates(_others);
        return _caseSensitive.Collect(path, ignoreCase: false, lists, ref count) && (!_anyCase.HasChildren || _anyCase.Collect(path, ignoreCase: true, lists, ref count));
    }

    /// <summary>The next candidate in the routes' order; -1: there are no more.</summary>
    public static int Next(Span<Candidates> lists)
    {
        var best = -1;
        var least = int.MaxValue;
        for (var i = 0; i < lists.Length; i++)
        {
            if (lists[i].Current < least)
            {
                least = lists[i].Current;
                best = i;
            }
        }

        if (best < 0)
            return -1;
        lists[best].MoveNext();
        return least;
    }

    /// <summary>A list of routes' places in ascending order, and how far it has been read.</summary>
    internal struct Candidates(List<int> places)
    {
        private readonly List<int> _places = places;
        private int _at;

        public readonly int Current => _at < _places.Count ? _places[_at] : int.MaxValue;

        public void MoveNext() => _at++;
    }

    private sealed class Node(byte[] label)
    {
        private readonly List<Node> _children = [];
        private byte[] _label = label;
        private List<int>? _prefixes;
        private List<int>? _exact;

        public bool HasChildren => _children.Count > 0 || _prefixes is not null || _exact is not null;

        public void Add(ReadOnlySpan<byte> text, bool exact, int place)
        {
            if (text.IsEmpty)
            {
                (exact ? _exact ??= [] : _prefixes ??= []).Add(place);
                return;
            }

            var at = FindChild(text[0]);
            if (at < 0)
            {
                var leaf = new Node(text.ToArray());
                leaf.Add([], exact, place);
                _children.Insert(~at, leaf);
                return;
            }

            var child = _children[at];
            var common = text.CommonPrefixLength(child._label);
            if (common < child._label.Length)
            {
                // The label forks here: what it goes on with becomes a child of its own.
                var middle = new Node(child._label[..common]);
                child._label = child._label[common..];
                middle._children.Add(child);
                _children[at] = child = middle;
            }

            child.Add(text[common..], exact, place);
        }

        public bool Collect(ReadOnlySpan<byte> path, bool ignoreCase, Span<Candidates> lists, ref int count)
        {
            var node = this;
            while (true)
            {
                var room = lists.Length - count;
                if (room < 2 && (node._prefixes is not null || node._exact is not null))
                    return false;
                if (node._prefixes is not null)
                    lists[count++] = new Candidates(node._prefixes);
                if (path.IsEmpty)
                {
                    if (node._exact is not null)
                        lists[count++] = new Candidates(node._exact);
                    return true;
                }

                var at = node.FindChild(ignoreCase ? AsciiBytes.ToLower(path[0]) : path[0]);
                if (at < 0)
                    return true;
                node = node._children[at];
                if (path.Length < node._label.Length)
                    return true;
                var head = path[..node._label.Length];
                if (ignoreCase ? !AsciiBytes.EqualsIgnoreCase(head, node._label) : !head.SequenceEqual(node._label))
                    return true;
                path = path[node._label.Length..];
            }
        }

        private int FindChild(byte first)
        {
            var (low, high) = (0, _children.Count - 1);
            while (low <= high)
            {
                var middle = (low + high) >> 1;
                var difference = _children[middle]._label[0] - first;
                if (difference == 0)
                    return middle;
                if (difference < 0)
                    low = middle + 1;
                else
                    high = middle - 1;
            }

            return ~low;
        }
    }
}
