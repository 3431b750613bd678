using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace Envoy.Architecture;

/// <summary>
/// The documents name nothing that does not exist: what stands between backticks and looks like a type or member of C# must be one, of ours or
/// of the framework, and what stands in a C# fence is compiled somewhere.
/// </summary>
[TestFixture]
internal sealed partial class DocsTests
{
    /// <summary>Capitalised words that are neither types nor members: projects that are no assembly of these tests, and a property of the build.</summary>
    private static readonly HashSet<string> OtherNames = new(StringComparer.Ordinal) { "EnvoyHost", "Quickstart", "IsAotCompatible" };

    [GeneratedRegex("^```(?<language>\\w*)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence { get; }

    [GeneratedRegex("<PackageVersion Include=\"([^\"]+)\"")]
    private static partial Regex PackageVersion { get; }

    /// <summary>
    /// A name with its qualifiers, and type arguments or an argument list after it. Words in capitals only, or with underscores, are constants of
    /// Envoy's or of the system.
    /// </summary>
    [GeneratedRegex(@"`(?=[^`]*[a-z])(?<name>[A-Z][A-Za-z0-9]*(?:\.[A-Z][A-Za-z0-9]*)*)(?:<[^`>]*>|\([^`]*\))?`")]
    private static partial Regex BacktickedName { get; }

    [GeneratedRegex(@"<!-- snippet: (?<path>[^#\s]+)(?:#(?<region>\S+))? -->\n\z")]
    private static partial Regex SnippetMark { get; }

    [GeneratedRegex(@"\]\((?<path>[^)#:\s]+)(?:#[^)]*)?\)")]
    private static partial Regex RelativeLink { get; }

    private HashSet<string> _known = [];

    private static IEnumerable<string> Documents()
    {
        yield return "README.md";
        yield return "benchmarks/load/README.md";
        foreach (var file in Repository.Files("docs", "*.md"))
            yield return Repository.Relative(file);
    }

    [OneTimeSetUp]
    public void ReadNames() => _known = KnownNames();

    [TestCaseSource(nameof(Documents))]
    public void Document_NamesInBackticks_Exist(string document)
    {
        var unknown = BacktickedName.Matches(Fence.Replace(Read(document), ""))
            .Select(match => match.Groups["name"].Value)
            .Where(name => !_known.Contains(name) && !name.Split('.').All(_known.Contains))
            .Distinct();
        Assert.That(unknown, Is.Empty);
    }

    [TestCaseSource(nameof(Documents))]
    public void Document_CodeFences_AreCompiledRegions(string document)
    {
        var text = Read(document);
        foreach (Match fence in Fence.Matches(text))
        {
            var mark = SnippetMark.Match(text[..fence.Index]);
            if (mark.Success)
                Assert.That(fence.Groups["text"].Value, Is.EqualTo(Snippet(mark.Groups["path"].Value, mark.Groups["region"].Value)));
            else
                Assert.That(fence.Groups["language"].Value, Is.Not.EqualTo("csharp"), "A C# fence says where it is compiled: <!-- snippet: path#region -->");
        }
    }

    [TestCaseSource(nameof(Documents))]
    public void Document_RelativeLinks_LeadSomewhere(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root(), document))!;
        var broken = RelativeLink.Matches(Fence.Replace(Read(document), ""))
            .Select(match => match.Groups["path"].Value)
            .Where(path => !Path.Exists(Path.Combine(folder, path)));
        Assert.That(broken, Is.Empty);
    }

    [TestCase("`ProxyConfig`", ExpectedResult = "ProxyConfig")]
    [TestCase("`ValueList<T>`", ExpectedResult = "ValueList")]
    [TestCase("`TimeSpan.FromSeconds(15)`", ExpectedResult = "TimeSpan.FromSeconds")]
    [TestCase("`Hosting/`", ExpectedResult = "")]
    [TestCase("`README.md`", ExpectedResult = "")]
    [TestCase("`connect_timeout`", ExpectedResult = "")]
    [TestCase("`ROUND_ROBIN`", ExpectedResult = "")]
    [TestCase("`Subject_Condition_Outcome`", ExpectedResult = "")]
    public string BacktickedName_Text_IsTakenAsAName(string text) => BacktickedName.Match(text).Groups["name"].Value;

    private static string Read(string document) => File.ReadAllText(Path.Combine(Repository.Root(), document)).ReplaceLineEndings("\n");

    private static string Snippet(string path, string region)
    {
        var lines = Read(path).Split('\n');
        if (region.Length == 0)
            return string.Join('\n', lines);
        var start = Array.FindIndex(lines, line => line.Trim() == "#region " + region) + 1;
        Assert.That(start, Is.GreaterThan(0), $"{path} has no region {region}");
        var end = Array.FindIndex(lines, start, line => line.Trim() == "#endregion");
        var body = lines[start..end];
        var indent = body.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Concat(body.Select(line => (line.Length > indent ? line[indent..] : "") + "\n"));
    }

    /// <summary>Types, members, namespaces and assemblies of ours, the framework's, and the packages that we restore.</summary>
    private static HashSet<string> KnownNames()
    {
        var known = new HashSet<string>(OtherNames, StringComparer.Ordinal);
        known.UnionWith(PackageVersion.Matches(Read("Directory.Packages.props")).Select(match => match.Groups[1].Value));
        var platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        foreach (var path in platform.Split(Path.PathSeparator).Union(Repository.Libraries.Select(Repository.AssemblyPath)))
        {
            using var file = new PEReader(File.OpenRead(path));
            if (!file.HasMetadata)
                continue;
            var metadata = file.GetMetadataReader();
            // The tests' own names are no part of what a document may promise.
            var name = Path.GetFileNameWithoutExtension(path);
            if (name.EndsWith(".Tests", StringComparison.Ordinal))
                continue;
            known.Add(name);
            known.UnionWith(name.Split('.'));
            var members = name.StartsWith("Envoy.", StringComparison.Ordinal) || name == "System.Private.CoreLib";
            foreach (var handle in metadata.TypeDefinitions)
                AddNames(known, metadata, metadata.GetTypeDefinition(handle), members);
        }

        return known;
    }

    private static void AddNames(HashSet<string> known, MetadataReader metadata, TypeDefinition type, bool members)
    {
        known.Add(metadata.GetString(type.Name).Split('`')[0]);
        var space = metadata.GetString(type.Namespace);
        if (known.Add(space))
            known.UnionWith(space.Split('.'));
        if (!members)
            return;
        foreach (var handle in type.GetMethods())
            known.Add(metadata.GetString(metadata.GetMethodDefinition(handle).Name));
        foreach (var handle in type.GetProperties())
            known.Add(metadata.GetString(metadata.GetPropertyDefinition(handle).Name));
        foreach (var handle in type.GetFields())
            known.Add(metadata.GetString(metadata.GetFieldDefinition(handle).Name));
    }
}
