using System.Text;

namespace Envoy.Fuzz.Engine;

/// <summary>Inputs that lie beside the repository, in <c>shared/conformance</c>; where it does not, there are none.</summary>
internal static class Corpus
{
    /// <summary>The folder or file <paramref name="relative"/>; null: not there.</summary>
    public static string? TryFind(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "shared", "conformance", relative);
            if (Path.Exists(path))
                return path;
        }

        return null;
    }

    /// <summary>The files below a folder, in an order that is the same everywhere; long ones are left out.</summary>
    public static IEnumerable<byte[]> Files(string relative, int mostBytes)
    {
        if (TryFind(relative) is not { } folder)
            return [];
        return Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Where(f => new FileInfo(f).Length is var length && length > 0 && length <= mostBytes)
            .Select(File.ReadAllBytes);
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static byte[][] Bytes(params IEnumerable<string> texts) => [.. texts.Select(Bytes)];
}
