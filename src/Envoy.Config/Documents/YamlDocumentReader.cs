using System.Globalization;
using Envoy.Extensions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Envoy.Config.Documents;

/// <summary>
/// YAML text → <see cref="ConfigNode"/>, from the parser's events, so that every node knows its place. Anchors, aliases and merge keys are
/// resolved; an alias costs what it stands for, against <see cref="DocumentReader.MostNodes"/>. As in Envoy, a key tagged <c>!ignore</c>
/// is left out, and may hold anchors for the rest. Used by one thread.
/// </summary>
internal sealed class YamlDocumentReader
{
    private const string TagPrefix = "tag:yaml.org,2002:";

    private static readonly string[] ScalarTags = ["str", "int", "bool", "float", "null"];
    private static readonly string[] ListTags = ["seq"];
    private static readonly string[] MappingTags = ["map"];

    private readonly IParser _parser;
    private readonly string _file;
    private readonly ConfigReadContext _context;
    private readonly Dictionary<AnchorName, ConfigNode> _anchors = [];
    private long _nodes;

    private YamlDocumentReader(IParser parser, string file, ConfigReadContext context)
    {
        _parser = parser;
        _file = file;
        _context = context;
    }

    /// <summary>Reads the one document of a text; null, with an error reported, when that cannot be.</summary>
    public static ConfigNode? Read(string text, string file, ConfigReadContext context)
    {
        var scanner = new Scanner(new StringReader(text), skipComments: true);
        try
        {
            return new YamlDocumentReader(new Parser(scanner), file, context).ReadOnly();
        }
        catch (YamlException e)
        {
            context.Add(new ConfigError(file, (int)e.Start.Line, (int)e.Start.Column, "", "is not YAML: " + e.Message.TrimEnd('.'), ""));
            return null;
        }
        catch (InvalidOperationException)
        {
            // How the scanner says that text within braces or brackets stands too far to the left.
            return Refuse("this must be indented more than what it belongs to");
        }
        catch (ArgumentException)
        {
            // How the parser takes a %TAG directive that leaves nothing of a tag.
            return Refuse("a tag is empty");
        }

        ConfigNode? Refuse(string message)
        {
            var at = scanner.CurrentPosition;
            context.Add(new ConfigError(file, (int)at.Line, (int)at.Column, "", "is not YAML: " + message, ""));
            return null;
        }
    }

    private ConfigNode? ReadOnly()
    {
        _ = _parser.Consume<StreamStart>();
        if (_parser.TryConsume<StreamEnd>(out _))
        {
            _context.Add(new ConfigError(_file, 1, 1, "", "the document is empty", ""));
            return null;
        }

        _ = _parser.Consume<DocumentStart>();
        var root = ReadNode(1);
        _ = _parser.Consume<DocumentEnd>();
        if (!_parser.Accept<StreamEnd>(out _))
        {
            var more = _parser.Consume<DocumentStart>();
            _context.Add(new ConfigError(_file, (int)more.Start.Line, (int)more.Start.Column, "", "a second document begins here", "one file is one document"));
            return null;
        }

        if (root.Kind == ConfigNodeKind.Null)
        {
            _context.Add(new ConfigError(_file, root.Line, root.Column, "", "the document is empty", ""));
            return null;
        }

        return root;
    }

    private ConfigNode ReadNode(int depth)
    {
        if (!_parser.Accept<NodeEvent>(out _) && !_parser.Accept<AnchorAlias>(out _))
            throw new SemanticErrorException(Current.Start, Current.End, "a value is missing");
        if (depth > DocumentReader.MostDepth)
            throw new SemanticErrorException(Current.Start, Current.End, $"nested deeper than {DocumentReader.MostDepth} levels");
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            if (!_anchors.TryGetValue(alias.Value, out var target))
                throw new SemanticErrorException(alias.Start, alias.End, $"no anchor '{alias.Value.Value}' stands before this");
            Count(target.Size, alias);
            return target;
        }

        var start = Current;
        Count(1, start);
        var node = ReadContent(depth);
        if (start is NodeEvent { Anchor.IsEmpty: false } anchored)
            _anchors[anchored.Anchor] = node;
        return node;
    }

    private ConfigNode ReadContent(int depth)
    {
        if (_parser.TryConsume<Scalar>(out var scalar))
            return ReadScalar(scalar);
        if (_parser.TryConsume<SequenceStart>(out var sequence))
        {
            CheckTag(sequence, ListTags);
            var items = new List<ConfigNode>();
            while (!_parser.TryConsume<SequenceEnd>(out _))
                items.Add(ReadNode(depth + 1));
            return ConfigNode.List(items.ToArray(), _file, (int)sequence.Start.Line, (int)sequence.Start.Column);
        }

        return ReadMapping(_parser.Consume<MappingStart>(), depth);
    }

    private ConfigNode ReadMapping(MappingStart start, int depth)
    {
        CheckTag(start, MappingTags);
        var entries = new List<ConfigEntry>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var merges = new List<ConfigNode>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.TryConsume<Scalar>(out var key))
                throw new SemanticErrorException(Current.Start, Current.End, "a key must be a plain name");
            var ignored = !key.Tag.IsEmpty && !key.Tag.IsNonSpecific && key.Tag.Value == "!ignore";
            if (!key.Anchor.IsEmpty)
                _anchors[key.Anchor] = ConfigNode.Scalar(key.Value, true, _file, (int)key.Start.Line, (int)key.Start.Column);
            var value = ReadNode(depth + 1);
            if (ignored)
                continue;
            if (key is { Value: "<<", Style: ScalarStyle.Plain })
                merges.Add(value);
            else
                DocumentReader.Add(entries, keys, new ConfigEntry(key.Value, (int)key.Start.Line, (int)key.Start.Column, value), _file, _context);
        }

        foreach (var merge in merges)
            Merge(merge, entries, keys, start);
        return ConfigNode.Mapping(entries.ToArray(), _file, (int)start.Start.Line, (int)start.Start.Column);
    }

    /// <summary>YAML 1.1's merge key: what is written here wins, then the first mapping that has the key.</summary>
    private void Merge(ConfigNode merged, List<ConfigEntry> entries, HashSet<string> keys, MappingStart at)
    {
        if (merged.Kind == ConfigNodeKind.List)
        {
            foreach (var item in merged.Items)
            {
                if (item.Kind == ConfigNodeKind.List)
                    throw new SemanticErrorException(at.Start, at.End, "'<<' takes a mapping or a list of mappings");
                Merge(item, entries, keys, at);
            }

            return;
        }

        if (merged.Kind != ConfigNodeKind.Mapping)
            throw new SemanticErrorException(at.Start, at.End, "'<<' takes a mapping or a list of mappings");
        Count(merged.Size, at);
        foreach (var entry in merged.Entries)
        {
            if (keys.Add(entry.Key))
                entries.Add(entry);
        }
    }

    private ConfigNode ReadScalar(Scalar scalar)
    {
        CheckTag(scalar, ScalarTags);
        var line = (int)scalar.Start.Line;
        var column = (int)scalar.Start.Column;
        var quoted = scalar.Style != ScalarStyle.Plain || (!scalar.Tag.IsEmpty && scalar.Tag.Value is TagPrefix + "str");
        return !quoted && scalar.Value is "" or "~" or "null" or "Null" or "NULL" && !quoted
            ? ConfigNode.Null(_file, line, column)
            : ConfigNode.Scalar(scalar.Value, quoted, _file, line, column);
    }

    private ParsingEvent Current
    {
        get
        {
            _ = _parser.Accept<ParsingEvent>(out var current);
            return current ?? throw new SemanticErrorException("the document ends too early");
        }
    }

    private static void CheckTag(NodeEvent node, string[] allowed)
    {
        if (node.Tag.IsEmpty || node.Tag.IsNonSpecific)
            return;
        foreach (var tag in allowed)
        {
            if (node.Tag.Value == TagPrefix + tag)
                return;
        }

        throw new SemanticErrorException(node.Start, node.End, $"the tag '{node.Tag.Value}' is not known");
    }

    private void Count(long nodes, ParsingEvent at)
    {
        _nodes += nodes;
        if (_nodes > DocumentReader.MostNodes)
            throw new SemanticErrorException(
                at.Start, at.End, string.Create(CultureInfo.InvariantCulture, $"more than {DocumentReader.MostNodes} values, aliases counted in full"));
    }
}
