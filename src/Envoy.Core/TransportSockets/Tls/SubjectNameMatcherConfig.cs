using Envoy.Matching;

namespace Envoy.TransportSockets.Tls;

/// <summary>The kind of a subject alternative name (<c>SubjectAltNameMatcher.SanType</c>).</summary>
public enum SubjectNameKind
{
    /// <summary>A mail address.</summary>
    Email,

    /// <summary>A host name; one with a wildcard in the certificate matches an exact condition as a host does.</summary>
    Dns,

    /// <summary>A URI.</summary>
    Uri,

    /// <summary>An IP address.</summary>
    IpAddress,

    /// <summary>A name of another type.</summary>
    OtherName,
}

/// <summary>A condition on a subject alternative name (<c>tls.v3.SubjectAltNameMatcher</c>). Immutable.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Matcher">The condition on its text.</param>
/// <param name="ObjectId">The other name's type (an object identifier); empty for the other kinds.</param>
public sealed record SubjectNameMatcherConfig(SubjectNameKind Kind, StringMatcherConfig Matcher, string ObjectId = "")
{
    /// <summary>It came by a name of before 2022 (<c>match_subject_alt_names</c>), which says no kind.</summary>
    internal bool IsOfAnyKind { get; init; }
}
