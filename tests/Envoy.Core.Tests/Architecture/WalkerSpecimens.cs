namespace Envoy.Architecture;

// What LayeringTests shows its own walker: one type, and every way of naming it. Nothing here runs.

internal abstract class Named
{
    public static void Touch() => GC.KeepAlive(null);

    [AttributeUsage(AttributeTargets.Class)]
    internal sealed class MarkAttribute : Attribute;

    internal sealed class FaultException : Exception;
}

internal abstract class ByBase : Named;

internal sealed class ByField
{
    internal readonly Named? Value;

    internal ByField(object value) => Value = null;
}

internal interface ByGenericArgument
{
    IReadOnlyList<Dictionary<string, Named[]>> Read();
}

internal static class ByLocal
{
    internal static string Read(object value)
    {
        var named = (Named)value;
        return named.ToString() + named;
    }
}

internal static class ByCall
{
    internal static void Run(int value)
    {
        // A switch before the call: its operand has no fixed length.
        switch (value)
        {
            case 0: GC.KeepAlive(0); break;
            case 1: GC.KeepAlive(1); break;
            case 2: GC.KeepAlive(2); break;
            case 3: GC.KeepAlive(3); break;
            default: Named.Touch(); break;
        }
    }
}

internal interface ByConstraint<T>
    where T : Named;

[Named.Mark]
internal static class ByAttribute;

internal static class ByCatch
{
    internal static void Run(Action action)
    {
        try
        {
            action();
        }
        catch (Named.FaultException)
        {
            GC.KeepAlive(action);
        }
    }
}

internal static class ByLambda
{
    internal static Action Make() => static () => Named.Touch();
}

internal static unsafe class ByPointer
{
    internal static readonly int*[] Field = [];

    internal static void Signature(byte* value) => GC.KeepAlive((nint)value);

    internal static int Local(Span<int> values)
    {
        var sum = 0;
        fixed (int* first = values)
        {
            for (var next = first; *next != 0; next++)
                sum += *next;
        }

        return sum;
    }

    internal static int Call(nint function) => ((delegate* unmanaged<int>)function)();
}
