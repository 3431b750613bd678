using System.Text;
using Envoy.Http.Headers;

namespace Envoy.Core.Tests.Http.Headers;

public class HeaderNamesTests
{
    [Test]
    public void Find_EveryKnownName_GivesItsId()
    {
        for (var id = 1; id < HeaderNames.Count; id++)
            Assert.That(HeaderNames.Find(HeaderNames.Get((HeaderId)id)), Is.EqualTo((HeaderId)id));
    }

    [Test]
    public void Count_OfNames_IsThatOfIds() => Assert.That(Enum.GetValues<HeaderId>(), Has.Length.EqualTo(HeaderNames.Count));

    [TestCase("")]
    [TestCase("x")]
    [TestCase("Host")]
    [TestCase("hosts")]
    [TestCase("x-envoy-unknown")]
    public void Find_OtherName_GivesOther(string name) =>
        Assert.That(HeaderNames.Find(Encoding.ASCII.GetBytes(name)), Is.EqualTo(HeaderId.Other));

    [Test]
    public void Get_EveryId_IsALowerCaseName()
    {
        for (var id = 1; id < HeaderNames.Count; id++)
        {
            var name = Encoding.ASCII.GetString(HeaderNames.Get((HeaderId)id));
            Assert.That(name, Is.EqualTo(name.ToLowerInvariant()).And.Not.Empty);
            Assert.That(Encoding.ASCII.GetString(HeaderNames.GetWithColon((HeaderId)id)), Is.EqualTo(name + ": "));
        }
    }
}
