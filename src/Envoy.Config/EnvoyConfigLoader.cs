using System.Text;
using Envoy.Config.Bootstrap;
using Envoy.Config.Documents;
using Envoy.Extensions;
using Envoy.Filters;
using Envoy.Proxy;
using Envoy.Proxy.Building;

namespace Envoy.Config;

/// <summary>
/// Reads Envoy's own configuration: YAML or JSON, the field names of the v3 API and those of v2. Whatever is wrong, unknown or not
/// supported yet is reported with file, line, column and path, all at once; text never makes it throw. Thread-safe.
/// </summary>
public static class EnvoyConfigLoader
{
    /// <summary>A larger file is refused unread.</summary>
    private const long MostBytes = 64 * 1024 * 1024;

    /// <summary>Reads a bootstrap from text.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="fileName">Named in errors; empty for none.</param>
    /// <param name="extensions">The filters that may be named; null: those that come with the library.</param>
    public static ConfigResult Parse(string text, string fileName = "", ExtensionCatalogue? extensions = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(fileName);
        var context = new ConfigReadContext(extensions ?? StandardExtensions.Catalogue);
        return Read(DocumentReader.Read(text, fileName, context), context);
    }

    /// <summary>Reads a bootstrap from a file, in UTF-8. A file that cannot be read is an error of the result.</summary>
    /// <param name="path">The file.</param>
    /// <param name="extensions">The filters that may be named; null: those that come with the library.</param>
    public static ConfigResult LoadFile(string path, ExtensionCatalogue? extensions = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ReadText(path, out var text) is { } error ? new ConfigResult(null, [error]) : Parse(text, path, extensions);
    }

    /// <summary>
    /// Reads a bootstrap from a file with more text merged over it, as Envoy's <c>--config-yaml</c> is over <c>-c</c>: messages are merged
    /// field by field, lists are joined, other values replaced. Errors name the file or the text, whichever holds what is wrong.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="overlay">YAML or JSON.</param>
    /// <param name="overlayName">Named in errors about <paramref name="overlay"/>.</param>
    /// <param name="extensions">The filters that may be named; null: those that come with the library.</param>
    public static ConfigResult LoadFile(string path, string overlay, string overlayName, ExtensionCatalogue? extensions = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(overlay);
        ArgumentNullException.ThrowIfNull(overlayName);
        if (ReadText(path, out var text) is { } error)
            return new ConfigResult(null, [error]);
        var context = new ConfigReadContext(extensions ?? StandardExtensions.Catalogue);
        var document = DocumentReader.Read(text, path, context);
        var over = DocumentReader.Read(overlay, overlayName, context);
        return Read(document is null || over is null ? null : DocumentMerge.Merge(document, over), context);
    }

    private static ConfigResult Read(ConfigNode? document, ConfigReadContext context)
    {
        ProxyConfig? config = null;
        if (document is not null)
        {
            config = BootstrapReader.Fields.Read(document, context);
            ProxyConfigValidator.Validate(config, context, clustersAreKnown: !BootstrapReader.HasOtherClusters(document));
        }

        return context.HasErrors ? new ConfigResult(null, context.Errors) : new ConfigResult(config, []);
    }

    private static ConfigError? ReadText(string path, out string text)
    {
        text = "";
        string message;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (stream.CanSeek && stream.Length > MostBytes)
            {
                message = $"the file is larger than {MostBytes} bytes";
            }
            else
            {
                using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
                text = reader.ReadToEnd();
                return null;
            }
        }
        catch (DecoderFallbackException)
        {
            message = "the file is not UTF-8";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            message = "the file cannot be read: " + e.Message;
        }

        return new ConfigError(path, 0, 0, "", message, "");
    }
}
