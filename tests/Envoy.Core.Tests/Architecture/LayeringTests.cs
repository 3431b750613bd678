using System.Reflection;
using System.Reflection.Metadata;
using System.Text.RegularExpressions;

namespace Envoy.Architecture;

/// <summary>
/// References point down only, between the packages and between the folders inside Envoy.Core; and the libraries keep the rules that make
/// them guests in somebody's process. Read from compiled metadata, so that what is checked is what ships.
/// </summary>
[TestFixture]
internal sealed partial class LayeringTests
{
    /// <summary>The folders of Envoy.Core, highest first: the way a request falls.</summary>
    private static readonly string[] Layers =
    [
        "Hosting", "Proxy", "Listeners", "ConnectionManager", "Forwarding", "Clusters", "FilterChains", "Routing", "AccessLog", "Formatting", "TransportSockets",
        "Matching", "RuntimeSettings", "Http", "Net", "Stats", "Extensions", "Buffers", "Runtime",
    ];

    /// <summary>Extension methods live where the host's other ones are, so that they are found with no further using.</summary>
    private static readonly Dictionary<string, string> ForeignNamespaces = new(StringComparer.Ordinal)
    {
        ["Microsoft.Extensions.DependencyInjection"] = "Hosting",
        ["Microsoft.Extensions.Hosting"] = "Hosting",
    };

    [GeneratedRegex(@"^\s*namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration { get; }

    [GeneratedRegex(@"^(?!\s*//).*\bunsafe\b", RegexOptions.Multiline)]
    private static partial Regex UnsafeKeyword { get; }

    [TestCaseSource(typeof(Repository), nameof(Repository.Libraries))]
    public void Package_ReferencesOtherPackages_PointDown(string library)
    {
        using var assembly = new CompiledAssembly(Repository.AssemblyPath(library));
        var rank = Array.IndexOf(Repository.Libraries, library);
        var upward = assembly.Edges.Where(edge => Array.IndexOf(Repository.Libraries, edge.ToAssembly) > rank);
        Assert.That(upward, Is.Empty);
    }

    [Test]
    public void CoreFolder_ReferencesOtherFolders_PointDown()
    {
        using var core = new CompiledAssembly(Repository.AssemblyPath("Envoy.Core"));
        var upward = core.Edges
            .Where(edge => edge.ToAssembly == core.Name && LayerOf(edge.From) is { } from && LayerOf(edge.To) is { } to && to < from)
            .Select(edge => $"{Layers[LayerOf(edge.From)!.Value]} may not see {Layers[LayerOf(edge.To)!.Value]}: {edge.From} → {edge.To}")
            .Order(StringComparer.Ordinal);
        Assert.That(upward, Is.Empty);
    }

    [Test]
    public void CoreType_Namespace_IsAKnownFolder()
    {
        using var core = new CompiledAssembly(Repository.AssemblyPath("Envoy.Core"));
        var lost = core.Metadata.TypeDefinitions
            .Select(core.OutermostName)
            .Distinct()
            .Where(name => IsOurs(name) && LayerOf(name) is null);
        Assert.That(lost, Is.Empty, "A new folder needs its place in the order above.");
    }

    [Test]
    public void Source_Namespace_FollowsItsFolder()
    {
        var wrong = new List<string>();
        foreach (var file in Repository.Files("src", "*.cs"))
        {
            var parts = Repository.Relative(file).Split('/');
            var folders = parts[2..^1];
            // Envoy.Core's folders stand for themselves; another package's namespace begins with its own name.
            var expected = string.Join('.', [.. parts[1] == "Envoy.Core" ? ["Envoy"] : new[] { parts[1] }, .. folders]);
            var actual = NamespaceDeclaration.Match(File.ReadAllText(file)).Groups[1].Value;
            if (actual.Length > 0 && actual != expected && !IsRootOrForeign(actual))
                wrong.Add($"{Repository.Relative(file)}: {actual}, expected {expected}");
        }

        Assert.That(wrong, Is.Empty);
    }

    [TestCaseSource(typeof(Repository), nameof(Repository.Libraries))]
    public void Library_StaticFields_AreReadonly(string library)
    {
        using var assembly = new CompiledAssembly(Repository.AssemblyPath(library));
        var mutable = new List<string>();
        foreach (var handle in assembly.Metadata.FieldDefinitions)
        {
            var field = assembly.Metadata.GetFieldDefinition(handle);
            var type = assembly.Metadata.GetTypeDefinition(field.GetDeclaringType());
            var isMutable = field.Attributes.HasFlag(FieldAttributes.Static)
                && (field.Attributes & (FieldAttributes.Literal | FieldAttributes.InitOnly)) == 0;
            // The compiler's own caches of delegates have names that C# cannot write; a loop may know its own thread.
            if (isMutable && !assembly.Metadata.GetString(type.Name).StartsWith('<')
                && !assembly.Metadata.GetString(field.Name).StartsWith('<') && !IsThreadStaticOfTheRuntime(assembly, field))
            {
                mutable.Add($"{assembly.OutermostName(field.GetDeclaringType())}.{assembly.Metadata.GetString(field.Name)}");
            }
        }

        Assert.That(mutable, Is.Empty, "Two proxies in one process must not meet in a static field.");
    }

    [TestCaseSource(typeof(Repository), nameof(Repository.Libraries))]
    public void Library_Console_IsNotUsed(string library)
    {
        using var assembly = new CompiledAssembly(Repository.AssemblyPath(library));
        Assert.That(assembly.Edges.Where(edge => edge.To == "System.Console"), Is.Empty);
    }

    [TestCaseSource(typeof(Repository), nameof(Repository.Libraries))]
    public void Library_Pointers_StayInTheirFolders(string library)
    {
        using var assembly = new CompiledAssembly(Repository.AssemblyPath(library));
        Assert.That(assembly.PointerUses.Where(member => IsOurs(member) && !MayUsePointers(member)), Is.Empty);
    }

    [Test]
    public void Source_UnsafeKeyword_StaysInItsFolders()
    {
        var found = Repository.Files("src", "*.cs")
            .Where(file => UnsafeKeyword.IsMatch(File.ReadAllText(file)))
            .Select(Repository.Relative)
            .Where(path => !path.StartsWith("src/Envoy.Core/Runtime/Linux/", StringComparison.Ordinal)
                && !path.StartsWith("src/Envoy.Core/Buffers/", StringComparison.Ordinal)
                && path != "src/Envoy.Core/Runtime/IoSegment.cs");
        Assert.That(found, Is.Empty);
    }

    /// <summary>The walker itself: every kind of place that can name a type is seen, or the tests above would pass by not looking.</summary>
    [TestCase("Envoy.Architecture.ByBase")]
    [TestCase("Envoy.Architecture.ByField")]
    [TestCase("Envoy.Architecture.ByGenericArgument")]
    [TestCase("Envoy.Architecture.ByLocal")]
    [TestCase("Envoy.Architecture.ByCall")]
    [TestCase("Envoy.Architecture.ByConstraint`1")]
    [TestCase("Envoy.Architecture.ByAttribute")]
    [TestCase("Envoy.Architecture.ByCatch")]
    [TestCase("Envoy.Architecture.ByLambda")]
    public void Walker_PlaceThatNamesAType_IsSeen(string from)
    {
        using var own = new CompiledAssembly(typeof(LayeringTests).Assembly.Location);
        Assert.That(own.Edges, Has.Some.EqualTo(new TypeEdge(from, own.Name, "Envoy.Architecture.Named")));
    }

    [Test]
    public void Walker_Pointers_AreSeen()
    {
        using var own = new CompiledAssembly(typeof(LayeringTests).Assembly.Location);
        Assert.That(own.PointerUses.Where(member => member.Contains("ByPointer", StringComparison.Ordinal)), Is.EqualTo(new[]
        {
            "Envoy.Architecture.ByPointer.Call", "Envoy.Architecture.ByPointer.Field", "Envoy.Architecture.ByPointer.Local",
            "Envoy.Architecture.ByPointer.Signature",
        }));
    }

    private static bool IsOurs(string name) => name.StartsWith("Envoy.", StringComparison.Ordinal);

    private static bool IsRootOrForeign(string name) => name == "Envoy" || ForeignNamespaces.ContainsKey(name);

    private static bool MayUsePointers(string member) =>
        member.StartsWith("Envoy.Runtime.Linux.", StringComparison.Ordinal)
        || member.StartsWith("Envoy.Buffers.", StringComparison.Ordinal)
        || member.StartsWith("Envoy.Runtime.IoSegment.", StringComparison.Ordinal);

    private static bool IsThreadStaticOfTheRuntime(CompiledAssembly assembly, FieldDefinition field) =>
        assembly.OutermostName(field.GetDeclaringType()).StartsWith("Envoy.Runtime.", StringComparison.Ordinal)
        && field.GetCustomAttributes().Any(handle => AttributeName(assembly, handle) == nameof(ThreadStaticAttribute));

    private static string AttributeName(CompiledAssembly assembly, CustomAttributeHandle handle) =>
        assembly.Metadata.GetCustomAttribute(handle).Constructor is { Kind: HandleKind.MemberReference } constructor
        && assembly.Metadata.GetMemberReference((MemberReferenceHandle)constructor).Parent is { Kind: HandleKind.TypeReference } parent
            ? assembly.Metadata.GetString(assembly.Metadata.GetTypeReference((TypeReferenceHandle)parent).Name)
            : "";

    /// <summary>Position in <see cref="Layers"/>; null for what the compiler or a generator made outside our namespaces.</summary>
    private static int? LayerOf(string type)
    {
        var end = type.LastIndexOf('.');
        var space = end < 0 ? "" : type[..end];
        var folder = ForeignNamespaces.TryGetValue(space, out var home) ? home : space.Split('.') is ["Envoy", var first, ..] ? first : "";
        return Array.IndexOf(Layers, folder) is >= 0 and var layer ? layer : null;
    }
}
