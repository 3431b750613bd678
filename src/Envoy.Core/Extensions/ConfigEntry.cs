namespace Envoy.Extensions;

/// <summary>One key of a mapping with its value. Immutable.</summary>
/// <param name="Key">The key as written.</param>
/// <param name="Line">The key's line, from 1; 0 where there is no text.</param>
/// <param name="Column">The key's column, from 1; 0 where there is no text.</param>
/// <param name="Value">The value.</param>
public sealed record ConfigEntry(string Key, int Line, int Column, ConfigNode Value);
