namespace Envoy.Stats;

/// <summary>A text shown among the statistics. Thread-safe.</summary>
internal sealed class TextReadout : Stat
{
    private string? _value;

    internal TextReadout(string name)
        : base(name)
    {
    }

    /// <summary>The text; empty until it is set.</summary>
    public string Value => Volatile.Read(ref _value) ?? "";

    public override bool Used => Volatile.Read(ref _value) is not null;

    public void Set(string value) => Volatile.Write(ref _value, value);
}
