namespace Envoy.Conformance.Tests;

/// <summary>Finds the vectors that lie beside the repository, in <c>shared/conformance</c>.</summary>
internal static class ConformanceData
{
    /// <summary>The path of <paramref name="relative"/>; the test is skipped where the folder is not there.</summary>
    public static string Find(string relative)
    {
        var path = TryFind(relative);
        Assume.That(path, Is.Not.Null, $"the folder shared/conformance with {relative} is not beside the repository");
        return path!;
    }

    /// <summary>The path of <paramref name="relative"/>, or null.</summary>
    public static string? TryFind(string relative)
    {
        for (var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "shared", "conformance", relative);
            if (Path.Exists(path))
                return path;
        }

        return null;
    }
}
