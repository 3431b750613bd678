namespace Envoy.Integration.Tests.Support;

/// <summary>Files beside the repository that not everybody has.</summary>
internal static class SharedFolder
{
    /// <summary>The path of a file below <c>shared</c>, the repository's sibling; the test is skipped where there is none.</summary>
    public static string File(params string[] path)
    {
        for (var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine([folder.FullName, "shared", .. path]);
            if (System.IO.File.Exists(candidate))
                return candidate;
        }

        Assume.That(false, $"needs ../shared/{string.Join('/', path)} beside the repository");
        return "";
    }
}
