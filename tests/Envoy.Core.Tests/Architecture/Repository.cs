namespace Envoy.Architecture;

/// <summary>Finds the repository that these tests were built in.</summary>
internal static class Repository
{
    /// <summary>The libraries, lowest first: each may refer to those before it.</summary>
    public static readonly string[] Libraries = ["Envoy.Core", "Envoy.Filters", "Envoy.Config", "Envoy.Testing"];

    public static string AssemblyPath(string name) => Path.Combine(AppContext.BaseDirectory, name + ".dll");

    /// <summary>The folder that holds the solution; a test that needs the sources is skipped where the binaries were moved away from them.</summary>
    public static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Envoy.Core.sln")))
                return folder.FullName;
        }

        Assume.That(false, "The sources are not above the test assembly.");
        return "";
    }

    /// <summary>Files under <paramref name="folder"/> by pattern, without build outputs.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root(), folder), pattern, SearchOption.AllDirectories)
            .Where(path => !Relative(path).Split('/').Any(part => part is "obj" or "bin"))
            .Order(StringComparer.Ordinal);

    public static string Relative(string path) => Path.GetRelativePath(Root(), path).Replace('\\', '/');
}
