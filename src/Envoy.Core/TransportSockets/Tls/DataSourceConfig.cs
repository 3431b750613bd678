using System.Text;
using Envoy.Extensions;

namespace Envoy.TransportSockets.Tls;

/// <summary>
/// Something that lies in a file, in the environment or in the configuration itself (<c>envoy.config.core.v3.DataSource</c>). What lies in a file is read
/// again when the file changes. Immutable.
/// </summary>
public sealed record DataSourceConfig
{
    private DataSourceConfig()
    {
    }

    /// <summary>The file's path; empty: it is no file.</summary>
    public string FileName { get; private init; } = "";

    /// <summary>The environment variable's name; empty: it is none.</summary>
    public string EnvironmentVariable { get; private init; } = "";

    /// <summary>The bytes themselves.</summary>
    public ValueList<byte> Bytes { get; private init; } = [];

    /// <summary>A file.</summary>
    public static DataSourceConfig File(string path) => new() { FileName = path };

    /// <summary>An environment variable.</summary>
    public static DataSourceConfig Environment(string variable) => new() { EnvironmentVariable = variable };

    /// <summary>Text, such as PEM.</summary>
    public static DataSourceConfig Inline(string text) => new() { Bytes = ValueList.Create<byte>(Encoding.UTF8.GetBytes(text)) };

    /// <summary>Bytes, such as PKCS #12.</summary>
    public static DataSourceConfig Inline(ReadOnlySpan<byte> bytes) => new() { Bytes = ValueList.Create(bytes) };

    /// <summary>Where it lies; never what it is, which may be a secret.</summary>
    public override string ToString() => FileName.Length > 0 ? FileName : EnvironmentVariable.Length > 0 ? "$" + EnvironmentVariable : "inline";

    /// <summary>Reads it.</summary>
    /// <exception cref="TlsMaterialException">It cannot be read, or is empty.</exception>
    internal byte[] Load()
    {
        byte[] bytes;
        if (EnvironmentVariable.Length > 0)
        {
            bytes = Encoding.UTF8.GetBytes(System.Environment.GetEnvironmentVariable(EnvironmentVariable)
                ?? throw new TlsMaterialException($"there is no environment variable '{EnvironmentVariable}'"));
        }
        else if (FileName.Length > 0)
        {
            bytes = LoadFile();
        }
        else
        {
            bytes = [.. Bytes];
        }

        return bytes.Length > 0 ? bytes : throw new TlsMaterialException($"{this} is empty");
    }

    private byte[] LoadFile()
    {
        try
        {
            // A length of zero is an empty file, or a device or a FIFO, which may never end.
            var file = new FileInfo(FileName);
            if (!file.Exists)
                throw new TlsMaterialException($"there is no file '{FileName}'");
            return file.Length == 0 ? [] : System.IO.File.ReadAllBytes(FileName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new TlsMaterialException($"'{FileName}' cannot be read: {e.Message}");
        }
    }
}
