using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Envoy.Architecture;

/// <summary>
/// One use of a type by another: <paramref name="From"/> names it in a base type, an interface, a field, a signature, a local, an attribute
/// or an instruction. Both are named by their outermost type, since nested types live where it lives.
/// </summary>
internal sealed record TypeEdge(string From, string ToAssembly, string To)
{
    public override string ToString() => $"{From} → {To} ({ToAssembly})";
}

/// <summary>
/// Reads a compiled assembly without loading it: what every type in it refers to. What the compiler inlines, constants and <c>nameof</c>,
/// leaves no trace in metadata and is not seen.
/// </summary>
internal sealed class CompiledAssembly : IDisposable
{
    private static readonly OperandType?[] OneByteOperands = new OperandType?[256];
    private static readonly OperandType?[] TwoByteOperands = new OperandType?[256];

    private readonly PEReader _file;
    private readonly HashSet<TypeEdge> _edges = [];
    private readonly SortedSet<string> _pointers = new(StringComparer.Ordinal);
    private string _current = "";

    static CompiledAssembly()
    {
        foreach (var field in typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            var code = (OpCode)field.GetValue(null)!;
            (code.Size == 1 ? OneByteOperands : TwoByteOperands)[code.Value & 0xFF] = code.OperandType;
        }
    }

    public CompiledAssembly(string path)
    {
        _file = new PEReader(ImmutableArray.Create(File.ReadAllBytes(path)));
        Metadata = _file.GetMetadataReader();
        Name = Metadata.GetString(Metadata.GetAssemblyDefinition().Name);
        Read();
    }

    public MetadataReader Metadata { get; }

    public string Name { get; }

    public IReadOnlyCollection<TypeEdge> Edges => _edges;

    /// <summary>Members whose signature or locals hold a pointer or a function pointer, or whose body calls through one.</summary>
    public IReadOnlyCollection<string> PointerUses => _pointers;

    /// <summary>The outermost type that a definition is nested in, or itself.</summary>
    public string OutermostName(TypeDefinitionHandle handle)
    {
        var type = Metadata.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil)
            type = Metadata.GetTypeDefinition(type.GetDeclaringType());
        return Join(Metadata.GetString(type.Namespace), Metadata.GetString(type.Name));
    }

    public void Dispose() => _file.Dispose();

    private static string Join(string space, string name) => space.Length == 0 ? name : space + "." + name;

    private void Read()
    {
        foreach (var handle in Metadata.TypeDefinitions)
        {
            _current = OutermostName(handle);
            ReadType(Metadata.GetTypeDefinition(handle));
        }
    }

    private void ReadType(TypeDefinition type)
    {
        var signatures = new SignatureReader(this);
        Token(type.BaseType);
        Attributes(type.GetCustomAttributes());
        Constraints(type.GetGenericParameters());
        foreach (var handle in type.GetInterfaceImplementations())
            Token(Metadata.GetInterfaceImplementation(handle).Interface);
        foreach (var handle in type.GetFields())
        {
            var field = Metadata.GetFieldDefinition(handle);
            Attributes(field.GetCustomAttributes());
            if (field.DecodeSignature(signatures, null))
                Pointer(field.Name);
        }

        foreach (var handle in type.GetProperties())
            Attributes(Metadata.GetPropertyDefinition(handle).GetCustomAttributes());
        foreach (var handle in type.GetMethods())
            ReadMethod(Metadata.GetMethodDefinition(handle), signatures);
    }

    private void ReadMethod(MethodDefinition method, SignatureReader signatures)
    {
        Attributes(method.GetCustomAttributes());
        Constraints(method.GetGenericParameters());
        var signature = method.DecodeSignature(signatures, null);
        if (signature.ReturnType || signature.ParameterTypes.Contains(true))
            Pointer(method.Name);
        if (method.RelativeVirtualAddress == 0)
            return;

        var body = _file.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil
            && Metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(signatures, null).Contains(true))
        {
            Pointer(method.Name);
        }

        foreach (var region in body.ExceptionRegions)
            Token(region.CatchType);
        ReadBody(body.GetILReader(), method.Name);
    }

    private void ReadBody(BlobReader code, StringHandle member)
    {
        while (code.RemainingBytes > 0)
        {
            var value = code.ReadByte();
            var operand = value == 0xFE ? TwoByteOperands[code.ReadByte()] : OneByteOperands[value];
            switch (operand)
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset++;
                    break;
                case OperandType.InlineVar:
                    code.Offset += 2;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += 8;
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += targets * 4;
                    break;
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    Token(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineSig:
                    Pointer(member);
                    code.Offset += 4;
                    break;
                case OperandType.InlineBrTarget or OperandType.InlineI or OperandType.InlineString or OperandType.ShortInlineR:
                    code.Offset += 4;
                    break;
                default:
                    throw new BadImageFormatException($"{_current}.{Metadata.GetString(member)}: unknown instruction 0x{value:X2}");
            }
        }
    }

    private void Token(EntityHandle handle)
    {
        if (handle.IsNil)
            return;
        var signatures = new SignatureReader(this);
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                Edge((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeReference:
                Edge((TypeReferenceHandle)handle);
                break;
            case HandleKind.TypeSpecification:
                _ = Metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(signatures, null);
                break;
            case HandleKind.FieldDefinition:
                Edge(Metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MethodDefinition:
                Edge(Metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                ReadMember(Metadata.GetMemberReference((MemberReferenceHandle)handle), signatures);
                break;
            case HandleKind.MethodSpecification:
                var method = Metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                _ = method.DecodeSignature(signatures, null);
                Token(method.Method);
                break;
        }
    }

    private void ReadMember(MemberReference member, SignatureReader signatures)
    {
        Token(member.Parent);
        if (member.GetKind() == MemberReferenceKind.Field)
            _ = member.DecodeFieldSignature(signatures, null);
        else
            _ = member.DecodeMethodSignature(signatures, null);
    }

    private void Attributes(CustomAttributeHandleCollection handles)
    {
        foreach (var handle in handles)
            Token(Metadata.GetCustomAttribute(handle).Constructor);
    }

    private void Constraints(GenericParameterHandleCollection handles)
    {
        foreach (var handle in handles)
        {
            foreach (var constraint in Metadata.GetGenericParameter(handle).GetConstraints())
                Token(Metadata.GetGenericParameterConstraint(constraint).Type);
        }
    }

    private void Pointer(StringHandle member) => _pointers.Add(_current + "." + Metadata.GetString(member));

    private void Edge(TypeDefinitionHandle handle)
    {
        var to = OutermostName(handle);
        if (to != _current)
            _edges.Add(new TypeEdge(_current, Name, to));
    }

    private void Edge(TypeReferenceHandle handle)
    {
        var type = Metadata.GetTypeReference(handle);
        while (type.ResolutionScope.Kind == HandleKind.TypeReference)
            type = Metadata.GetTypeReference((TypeReferenceHandle)type.ResolutionScope);
        if (type.ResolutionScope.Kind != HandleKind.AssemblyReference)
            return;
        var assembly = Metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope);
        _edges.Add(new TypeEdge(_current, Metadata.GetString(assembly.Name), Join(Metadata.GetString(type.Namespace), Metadata.GetString(type.Name))));
    }

    /// <summary>Records every type a signature names; what it yields is whether a pointer is among them.</summary>
    private sealed class SignatureReader(CompiledAssembly owner) : ISignatureTypeProvider<bool, object?>
    {
        public bool GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
        {
            owner.Edge(handle);
            return false;
        }

        public bool GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        {
            owner.Edge(handle);
            return false;
        }

        public bool GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public bool GetModifiedType(bool modifier, bool unmodifiedType, bool isRequired) => unmodifiedType;

        public bool GetGenericInstantiation(bool genericType, ImmutableArray<bool> typeArguments) => typeArguments.Contains(true);

        public bool GetFunctionPointerType(MethodSignature<bool> signature) => true;

        public bool GetPointerType(bool elementType) => true;

        public bool GetArrayType(bool elementType, ArrayShape shape) => elementType;

        public bool GetSZArrayType(bool elementType) => elementType;

        public bool GetByReferenceType(bool elementType) => elementType;

        public bool GetPinnedType(bool elementType) => elementType;

        public bool GetPrimitiveType(PrimitiveTypeCode typeCode) => false;

        public bool GetGenericMethodParameter(object? genericContext, int index) => false;

        public bool GetGenericTypeParameter(object? genericContext, int index) => false;
    }
}
