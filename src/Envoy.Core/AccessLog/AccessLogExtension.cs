using Envoy.Extensions;

namespace Envoy.AccessLog;

/// <summary>An access log as the catalogue knows it: its names and how its options are read. Immutable.</summary>
internal abstract class AccessLogExtension : Extension
{
    public const string CategoryName = "envoy.access_loggers";

    public const string NounInWords = "access logger";

    public sealed override string Category => CategoryName;

    public sealed override string Noun => NounInWords;

    /// <summary>Reads the log's message. Errors go to <paramref name="context"/>; what is returned then is never used.</summary>
    public abstract AccessLogOptions Read(ConfigNode node, ConfigReadContext context);
}
