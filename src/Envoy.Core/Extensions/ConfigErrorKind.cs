namespace Envoy.Extensions;

/// <summary>What sort of error a <see cref="ConfigError"/> is.</summary>
public enum ConfigErrorKind
{
    /// <summary>The document or a value in it is wrong.</summary>
    Invalid,

    /// <summary>Nobody knows this name, Envoy included.</summary>
    Unknown,

    /// <summary>Envoy has it, this version does not: it is refused rather than ignored.</summary>
    NotSupported,
}
