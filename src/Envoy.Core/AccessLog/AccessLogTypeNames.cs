namespace Envoy.AccessLog;

/// <summary>The names of reasons, which an enum's own <c>ToString</c> would allocate or look for.</summary>
internal static class AccessLogTypeNames
{
    private static readonly string[] Names = Enum.GetNames<AccessLogType>();

    public static string Of(AccessLogType type) => Names[(int)type];
}
