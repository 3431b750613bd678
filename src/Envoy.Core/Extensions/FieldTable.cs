namespace Envoy.Extensions;

/// <summary>
/// The fields of one of Envoy's messages: how each is read into a record, and which of them Envoy has and this version does not. The one
/// table reads the message and tells what is unknown in it. Names are taken in snake_case and, as protobuf does, in lowerCamelCase.
/// Filled where it is declared; thread-safe from the first read on.
/// </summary>
/// <typeparam name="T">The record that the message becomes.</typeparam>
public sealed class FieldTable<T>
    where T : class
{
    private readonly T _defaults;
    private readonly List<FieldSlot> _slots = [];
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);
    private readonly List<FieldChoice> _oneOfs = [];
    private Action<T, ConfigNode, ConfigReadContext>? _checks;
    private volatile bool _frozen;

    /// <summary>A table without fields.</summary>
    /// <param name="message">The message's full v3 name, such as <c>envoy.config.cluster.v3.Cluster</c>.</param>
    /// <param name="defaults">The record that an empty message becomes; required members may be empty strings.</param>
    public FieldTable(string message, T defaults)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(defaults);
        Message = message;
        ShortName = message[(message.LastIndexOf('.') + 1)..];
        _defaults = defaults;
    }

    /// <summary>The message's full v3 name.</summary>
    public string Message { get; }

    /// <summary>The message's name without its package.</summary>
    public string ShortName { get; }

    /// <summary>The fields in the order declared.</summary>
    public IReadOnlyList<ConfigField> Fields => _slots.ConvertAll(s => s.Complete is null ? s.Field : s.Complete(s.Field, _defaults));

    /// <summary>Adds a field that is read.</summary>
    /// <param name="field">Its description.</param>
    /// <param name="get">The field's value in a record; null when it is not set.</param>
    /// <param name="set">The record with the field set.</param>
    /// <param name="read">Reads the value.</param>
    /// <typeparam name="TValue">The value's type.</typeparam>
    public FieldTable<T> Add<TValue>(ConfigField field, Func<T, object?> get, Func<T, TValue, T> set, ConfigValueReader<TValue> read)
    {
        ArgumentNullException.ThrowIfNull(field);
        return Add(new FieldSlot(
            field, record => get((T)record), (record, node, context) => read(node, context, out var value) ? set((T)record, value) : record, []));
    }

    /// <summary>
    /// The same with a function that adds what only a listing shows, defaults and limits: a program that starts must not pay for them.
    /// </summary>
    internal FieldTable<T> Add<TValue>(
        ConfigField field, Func<T, object?> get, Func<T, TValue, T> set, ConfigValueReader<TValue> read, Func<ConfigField, T, ConfigField> complete)
    {
        _ = Add(field, get, set, read);
        _slots[^1] = _slots[^1] with { Complete = (unfinished, defaults) => complete(unfinished, (T)defaults) };
        return this;
    }

    /// <summary>Adds a field read by a function that makes the new record itself.</summary>
    internal FieldTable<T> Add(ConfigField field, Func<T, ConfigNode, ConfigReadContext, T> read) =>
        Add(new FieldSlot(field, static _ => null, (record, node, context) => read((T)record, node, context), []));

    /// <summary>Adds a message whose fields belong to this record too, such as Envoy's <c>common_http_protocol_options</c>.</summary>
    public FieldTable<T> Inline(string name, FieldTable<T> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return Add(new FieldSlot(
            new ConfigField(name, fields.ShortName, FieldSupport.Supported), static _ => null, (record, node, context) => fields.ReadInto((T)record, node, context), []));
    }

    /// <summary>
    /// Fields that Envoy has and this version does not: an error each, unless it holds what it has when it is not there. That value is
    /// written behind the name: <c>"merge_slashes=false"</c>, <c>"via="</c> (empty text), <c>"access_log=[]"</c> (an empty list or
    /// mapping), <c>"protocol=TCP|tcp"</c> (several). A name alone is an error whatever it holds, null excepted.
    /// </summary>
    public FieldTable<T> NotYet(params string[] fields)
    {
        foreach (var field in fields)
            _ = AddNotYet(field, "");
        return this;
    }

    /// <summary>One field that Envoy has and this version does not, with what to write instead.</summary>
    public FieldTable<T> NotYetBut(string field, string hint)
    {
        ArgumentNullException.ThrowIfNull(field);
        return AddNotYet(field, hint);
    }

    /// <summary>Fields taken without effect, because only what is itself refused would read them.</summary>
    public FieldTable<T> Inert(params string[] fields)
    {
        foreach (var field in fields)
            _ = Add(FieldSlot.Unread(new ConfigField(field, "", FieldSupport.Inert), []));
        return this;
    }

    /// <summary>At most one of these fields (protobuf's oneof), or exactly one.</summary>
    public FieldTable<T> OneOf(bool required, params string[] fields)
    {
        ThrowIfFrozen();
        var members = new int[fields.Length];
        for (var i = 0; i < members.Length; i++)
            members[i] = _byName[fields[i]];
        _oneOfs.Add(new FieldChoice(required, members));
        return this;
    }

    /// <summary>At least one of these fields.</summary>
    public FieldTable<T> AnyOf(params string[] fields)
    {
        _ = OneOf(required: true, fields);
        _oneOfs[^1] = _oneOfs[^1] with { Exclusive = false };
        return this;
    }

    /// <summary>A check over the whole record, run when it is read.</summary>
    public FieldTable<T> Check(Action<T, ConfigNode, ConfigReadContext> check)
    {
        ThrowIfFrozen();
        _checks += check;
        return this;
    }

    /// <summary>Reads a message. What is wrong goes to <paramref name="context"/>; a field that is wrong keeps its default.</summary>
    public T Read(ConfigNode node, ConfigReadContext context)
    {
        var record = ReadInto(_defaults, node, context);
        if (!ReferenceEquals(record, _defaults))
            context.Remember(record, node);
        return record;
    }

    /// <summary>The same as a <see cref="ConfigValueReader{TValue}"/>.</summary>
    public bool TryRead(ConfigNode node, ConfigReadContext context, out T value)
    {
        ArgumentNullException.ThrowIfNull(node);
        value = Read(node, context);
        return node.Kind == ConfigNodeKind.Mapping;
    }

    internal T ReadInto(T record, ConfigNode node, ConfigReadContext context)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(context);
        _frozen = true;
        if (node.Kind != ConfigNodeKind.Mapping)
        {
            _ = ConfigValues.Wrong(node, context, $"a mapping ({ShortName})");
            return record;
        }

        var given = new ConfigEntry?[_slots.Count];
        foreach (var entry in node.Entries)
            record = ReadEntry(record, entry, given, context);
        CheckRequired(node, given, context);
        _checks?.Invoke(record, node, context);
        return record;
    }

    internal FieldTable<T> Alias(string name, string alias)
    {
        ThrowIfFrozen();
        var index = _byName[name];
        var slot = _slots[index];
        _slots[index] = slot with { Field = slot.Field with { Aliases = [.. slot.Field.Aliases, alias] } };
        Name(alias, index);
        return this;
    }

    private FieldTable<T> AddNotYet(string field, string hint)
    {
        var equals = field.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? field : field[..equals];
        string[] harmless = equals < 0 ? [] : field[(equals + 1)..].Split('|');
        return Add(FieldSlot.Unread(new ConfigField(name, "", FieldSupport.NotYet), harmless) with { Hint = hint });
    }

    private FieldTable<T> Add(FieldSlot slot)
    {
        ThrowIfFrozen();
        _slots.Add(slot);
        Name(slot.Field.Name, _slots.Count - 1);
        return this;
    }

    private void Name(string name, int index)
    {
        _byName.Add(name, index);
        _ = _byName.TryAdd(ConfigField.ToJsonName(name), index);
    }

    private T ReadEntry(T record, ConfigEntry entry, ConfigEntry?[] given, ConfigReadContext context)
    {
        if (!_byName.TryGetValue(entry.Key, out var index))
        {
            // What works is named before what would be refused next.
            var names = _slots.OrderBy(s => s.Field.Support).Select(s => s.Field.Name);
            context.Error(entry, $"'{entry.Key}' is not a field of {ShortName}", NearestName.Hint(entry.Key, names), ConfigErrorKind.Unknown);
            return record;
        }

        var slot = _slots[index];
        if (given[index] is { } before)
        {
            context.Error(entry, $"'{entry.Key}' and '{before.Key}' are the same field");
            return record;
        }

        if (entry.Value.Kind == ConfigNodeKind.Null)
            return record;
        given[index] = entry;
        if (slot.Field.Support == FieldSupport.NotYet)
        {
            if (slot.IsHarmless(entry.Value))
                given[index] = null;
            else
                context.Error(entry, $"'{slot.Field.Name}' is a field of Envoy's {ShortName} which is not supported yet", slot.Hint, ConfigErrorKind.NotSupported);
            return record;
        }

        return (T)slot.Read(record, entry.Value, context);
    }

    private void CheckRequired(ConfigNode node, ConfigEntry?[] given, ConfigReadContext context)
    {
        for (var i = 0; i < given.Length; i++)
        {
            if (given[i] is null && _slots[i].Field.IsRequired)
                context.Error(node, $"{ShortName} needs '{_slots[i].Field.Name}'");
        }

        foreach (var rule in _oneOfs)
        {
            var set = rule.Members.Select(m => given[m]).OfType<ConfigEntry>().OrderBy(e => e.Line).ThenBy(e => e.Column).ToList();
            foreach (var entry in rule.Exclusive ? set.Skip(1) : [])
                context.Error(entry, $"'{entry.Key}' and '{set[0].Key}' exclude each other");
            if (set.Count == 0 && rule.Required)
            {
                var names = rule.Members.Where(m => _slots[m].Field.Support == FieldSupport.Supported).Select(m => "'" + _slots[m].Field.Name + "'");
                context.Error(node, $"{ShortName} needs {string.Join(" or ", names)}");
            }
        }
    }

    private void ThrowIfFrozen()
    {
        if (_frozen)
            throw new InvalidOperationException($"The table of {Message} is in use and takes no more fields.");
    }
}
