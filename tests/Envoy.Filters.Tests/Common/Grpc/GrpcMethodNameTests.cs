using System.Text;
using Envoy.Filters.Common.Grpc;

namespace Envoy.Filters.Tests.Common.Grpc;

[TestFixture]
internal sealed class GrpcMethodNameTests
{
    [TestCase("/pkg.Service/Method", "pkg.Service", "Method")]
    [TestCase("/s/m?query=/x", "s", "m")]
    [TestCase("//s//m/", "s", "m")]
    [TestCase("s/m", "s", "m")]
    public void TryRead_TwoParts_AreServiceAndMethod(string path, string service, string method)
    {
        Assert.That(GrpcMethodName.TryRead(Encoding.ASCII.GetBytes(path), out var s, out var m), Is.True);
        Assert.That((Encoding.ASCII.GetString(s), Encoding.ASCII.GetString(m)), Is.EqualTo((service, method)));
    }

    [TestCase("")]
    [TestCase("/")]
    [TestCase("/service")]
    [TestCase("/a/b/c")]
    [TestCase("/a?/b")]
    public void TryRead_AnythingElse_IsNone(string path) => Assert.That(GrpcMethodName.TryRead(Encoding.ASCII.GetBytes(path), out _, out _), Is.False);
}
