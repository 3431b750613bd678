using Envoy.Buffers;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Paths;

/// <summary>
/// What a request's path and query say about fields of its message, by the way that leads to the field: a tree, so that it can be woven into
/// the message that the body becomes. Used again for request after request. Worker-owned.
/// </summary>
internal sealed class BindingTree
{
    /// <summary>The message itself.</summary>
    public const int Root = 0;

    /// <summary>No such node.</summary>
    public const int None = -1;

    // A way longer than this leads around in circles.
    private const int MostFields = 32;

    private const int KeptNodes = 256;

    private readonly ByteSink _bytes = new();
    private Node[] _nodes = new Node[16];
    private Text[] _texts = new Text[16];
    private int _nodeCount;
    private int _textCount;

    public BindingTree() => Clear();

    public bool IsEmpty => _nodeCount == 1;

    /// <summary>Where a value is to be written before it is <see cref="Add">added</see>; its own bytes begin at <see cref="Mark"/>.</summary>
    public ByteSink Bytes => _bytes;

    public int Mark { get; private set; }

    public void Clear()
    {
        _bytes.Clear();
        // What one long query needed does not stay.
        if (_nodes.Length > KeptNodes)
            _nodes = new Node[16];
        if (_texts.Length > KeptNodes)
            _texts = new Text[16];
        Mark = 0;
        _nodeCount = 1;
        _textCount = 0;
        _nodes[Root] = Node.Empty(null);
    }

    /// <summary>Begins a value.</summary>
    public void Begin() => Mark = _bytes.Length;

    /// <summary>The step from a node to one of its fields, made if need be; <see cref="None"/>: too many of them.</summary>
    public int Step(int parent, ProtoField field, int depth)
    {
        if (depth >= MostFields)
            return None;
        var found = Find(parent, field);
        if (found != None)
            return found;
        if (_nodeCount == _nodes.Length)
            Array.Resize(ref _nodes, _nodeCount * 2);
        _nodes[_nodeCount] = Node.Empty(field);
        ref var from = ref _nodes[parent];
        if (from.FirstChild == None)
            from.FirstChild = _nodeCount;
        else
            _nodes[from.LastChild].Next = _nodeCount;
        from.LastChild = _nodeCount;
        return _nodeCount++;
    }

    /// <summary>Gives a field the value that has been written since <see cref="Begin"/>.</summary>
    public void Add(int node)
    {
        if (_textCount == _texts.Length)
            Array.Resize(ref _texts, _textCount * 2);
        _texts[_textCount] = new Text { Start = Mark, Length = _bytes.Length - Mark, Next = None };
        ref var at = ref _nodes[node];
        if (at.FirstText == None)
            at.FirstText = _textCount;
        else
            _texts[at.LastText].Next = _textCount;
        at.LastText = _textCount++;
        Mark = _bytes.Length;
    }

    public int Find(int parent, ProtoField field)
    {
        if (parent == None)
            return None;
        for (var child = _nodes[parent].FirstChild; child != None; child = _nodes[child].Next)
        {
            if (ReferenceEquals(_nodes[child].Field, field))
                return child;
        }

        return None;
    }

    public ProtoField FieldOf(int node) => _nodes[node].Field!;

    public int FirstChild(int node) => _nodes[node].FirstChild;

    public int NextOf(int node) => _nodes[node].Next;

    public int FirstText(int node) => _nodes[node].FirstText;

    public int LastText(int node) => _nodes[node].LastText;

    public int NextText(int text) => _texts[text].Next;

    public ReadOnlySpan<byte> TextOf(int text) => _bytes.Written.Slice(_texts[text].Start, _texts[text].Length);

    /// <summary>The body has spoken for this node, or it has been written.</summary>
    public void Finish(int node)
    {
        _nodes[node].FirstText = None;
        _nodes[node].FirstChild = None;
    }

    /// <summary>There is something below or at this node.</summary>
    public bool HasAny(int node) => _nodes[node].FirstText != None || HasChildren(node);

    private bool HasChildren(int node)
    {
        for (var child = _nodes[node].FirstChild; child != None; child = _nodes[child].Next)
        {
            if (HasAny(child))
                return true;
        }

        return false;
    }

    private struct Node
    {
        public ProtoField? Field;
        public int FirstChild;
        public int LastChild;
        public int Next;
        public int FirstText;
        public int LastText;

        public static Node Empty(ProtoField? field) => new() { Field = field, FirstChild = None, LastChild = None, Next = None, FirstText = None, LastText = None };
    }

    private struct Text
    {
        public int Start;
        public int Length;
        public int Next;
    }
}
