using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Envoy.Protos;

/// <summary>Descriptor sets as protoc --include_imports writes them, from generated types.</summary>
internal static class DescriptorSets
{
    /// <summary>All of the tests' own files and what they import.</summary>
    public static byte[] All { get; } = Of(Shop.ShopReflection.Descriptor, Shop.EverythingReflection.Descriptor, Shop.OldReflection.Descriptor, Rpc.StatusReflection.Descriptor);

    public static byte[] Of(params FileDescriptor[] files)
    {
        var set = new FileDescriptorSet();
        var seen = new HashSet<string>();
        foreach (var file in files)
            Add(set, file, seen);
        return set.ToByteArray();
    }

    private static void Add(FileDescriptorSet set, FileDescriptor file, HashSet<string> seen)
    {
        if (!seen.Add(file.Name))
            return;
        foreach (var dependency in file.Dependencies)
            Add(set, dependency, seen);
        set.File.Add(FileDescriptorProto.Parser.ParseFrom(file.SerializedData));
    }
}
