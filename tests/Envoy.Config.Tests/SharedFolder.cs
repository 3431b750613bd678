namespace Envoy.Config.Tests;

/// <summary>The folder of reference material beside the repository; tests that need it are skipped where it is absent.</summary>
internal static class SharedFolder
{
    public static string Require(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Envoy.Core.sln")))
                continue;
            var shared = Path.GetFullPath(Path.Combine(folder.FullName, "..", "shared", path));
            if (Path.Exists(shared))
                return shared;
        }

        Assume.That(false, $"'{path}' of the shared folder is not here");
        throw new InvalidOperationException();
    }
}
