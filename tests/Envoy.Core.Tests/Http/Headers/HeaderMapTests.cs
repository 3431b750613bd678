using System.Text;
using Envoy.Http.Headers;

namespace Envoy.Core.Tests.Http.Headers;

public class HeaderMapTests
{
    private HeaderMap _map = null!;

    [SetUp]
    public void CreateMap() => _map = new HeaderMap();

    [Test]
    public void Add_SeveralHeaders_KeepsTheirOrder()
    {
        _map.Add(HeaderId.Path, "/a"u8);
        _map.Add("x-one"u8, "1"u8);
        _map.Add("X-Two", "2");
        _map.Add(HeaderId.ContentType, "text/plain"u8);

        Assert.That(Text(_map), Is.EqualTo(":path=/a x-one=1 x-two=2 content-type=text/plain"));
        Assert.That(_map.Count, Is.EqualTo(4));
        Assert.That(_map.ByteSize, Is.EqualTo(":path/ax-one1x-two2content-typetext/plain".Length));
    }

    [Test]
    public void TryGet_RepeatedHeader_GivesTheFirstValue()
    {
        _map.Add("cookie"u8, "a=1"u8);
        _map.Add(HeaderId.Cookie, "b=2"u8);

        Assert.That(_map.GetString(HeaderId.Cookie), Is.EqualTo("a=1"));
        Assert.That(_map.GetString("COOKIE"), Is.EqualTo("a=1"));
        Assert.That(_map.CountOf(HeaderId.Cookie), Is.EqualTo(2));
    }

    [Test]
    public void TryGet_AbsentHeader_IsFalse()
    {
        Assert.That(_map.TryGet(HeaderId.Date, out _), Is.False);
        Assert.That(_map.TryGet("x-none"u8, out _), Is.False);
        Assert.That(_map.TryGet(HeaderId.Other, out _), Is.False);
        Assert.That(_map.GetString("x-none"), Is.Null);
        Assert.That(_map.Get(HeaderId.Date).IsEmpty);
    }

    [TestCase("short")]
    [TestCase("a value that is longer than the one before")]
    [TestCase("")]
    public void Set_PresentHeader_ReplacesTheFirstAndRemovesTheOthers(string value)
    {
        _map.Add("a"u8, "0"u8);
        _map.Add("server"u8, "upstream"u8);
        _map.Add("b"u8, "0"u8);
        _map.Add("server"u8, "again"u8);
        _map.Set(HeaderId.Server, Encoding.ASCII.GetBytes(value));

        Assert.That(Text(_map), Is.EqualTo($"a=0 server={value} b=0"));
        Assert.That(_map.Count, Is.EqualTo(3));
        Assert.That(_map.ByteSize, Is.EqualTo("a0serverb0".Length + value.Length));
    }

    [Test]
    public void Set_PresentUnknownHeader_ReplacesTheFirstAndRemovesTheOthers()
    {
        _map.Add("x-a", "1");
        _map.Add("x-b", "2");
        _map.Add("x-a", "3");
        _map.Set("X-A", "4");

        Assert.That(Text(_map), Is.EqualTo("x-a=4 x-b=2"));
    }

    [Test]
    public void Set_FromItsOwnValue_CopiesIt()
    {
        _map.Add(HeaderId.Authority, "example.com"u8);
        for (var i = 0; i < 1000; i++)
            _map.Add("x-copy"u8, _map.Get(HeaderId.Authority));
        _map.Set(HeaderId.Host, _map.Get(HeaderId.Authority));

        Assert.That(_map.GetString(HeaderId.Host), Is.EqualTo("example.com"));
        foreach (var field in _map)
            Assert.That(field.Value.SequenceEqual("example.com"u8));
    }

    [Test]
    public void Remove_RepeatedHeader_RemovesAllOfThem()
    {
        _map.Add("via"u8, "1"u8);
        _map.Add("x-a"u8, "2"u8);
        _map.Add("via"u8, "3"u8);

        Assert.That(_map.Remove(HeaderId.Via), Is.True);
        Assert.That(_map.Remove(HeaderId.Via), Is.False);
        Assert.That(_map.Contains(HeaderId.Via), Is.False);
        Assert.That(Text(_map), Is.EqualTo("x-a=2"));
        Assert.That(_map.Remove("x-a"u8), Is.True);
        Assert.That(_map.Remove("x-a"u8), Is.False);
        Assert.That((_map.Count, _map.ByteSize), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Add_AfterRemove_FindsTheNewOne()
    {
        _map.Add(HeaderId.Via, "1"u8);
        _map.Remove(HeaderId.Via);
        _map.Add(HeaderId.Via, "2"u8);

        Assert.That(_map.GetString(HeaderId.Via), Is.EqualTo("2"));
    }

    [Test]
    public void Clear_FilledMap_ForgetsEverything()
    {
        _map.Add(HeaderId.Via, "1"u8);
        _map.Add("x-large", new string('x', 100_000));
        _map.Clear();

        Assert.That(Text(_map), Is.Empty);
        Assert.That(_map.Contains(HeaderId.Via), Is.False);
        Assert.That(_map.Arena, Is.Empty, "a large arena is given back");
    }

    [Test]
    public void CopyFrom_OtherMap_MakesTheSame()
    {
        _map.Add(HeaderId.Via, "1"u8);
        _map.Add("x-a", "2");
        var copy = new HeaderMap();
        copy.Add("x-old", "gone");
        copy.CopyFrom(_map);

        Assert.That(Text(copy), Is.EqualTo(Text(_map)));
    }

    [TestCase("a\rb")]
    [TestCase("a\nb")]
    [TestCase("a\0b")]
    public void Add_ValueThatWouldSplitTheMessage_Throws(string value)
    {
        Assert.That(() => _map.Add("x-a", value), Throws.ArgumentException);
        Assert.That(() => _map.Set(HeaderId.Location, Encoding.ASCII.GetBytes(value)), Throws.ArgumentException);
        Assert.That(_map.Count, Is.Zero);
    }

    [TestCase("")]
    [TestCase("x a")]
    [TestCase("x:a")]
    [TestCase("x-é")]
    public void Add_NameThatIsNoToken_Throws(string name) => Assert.That(() => _map.Add(name, "1"), Throws.ArgumentException);

    [Test]
    public void Set_PathWithSpace_Throws() => Assert.That(() => _map.Set(HeaderId.Path, "/a b"u8), Throws.ArgumentException);

    [Test]
    public void Operations_InAnyOrder_AgreeWithAList()
    {
        var random = new Random(7);
        string[] names = ["host", "via", "x-a", "x-b", "cookie", "content-length", "x-envoy-internal"];
        for (var round = 0; round < 2000; round++)
        {
            var model = new List<(string Name, string Value)>();
            _map.Clear();
            for (var step = 0; step < 30; step++)
            {
                var name = names[random.Next(names.Length)];
                var value = new string((char)('a' + random.Next(26)), random.Next(40));
                switch (random.Next(3))
                {
                    case 0:
                        _map.Add(Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
                        model.Add((name, value));
                        break;
                    case 1:
                        _map.Set(name, value);
                        var first = model.FindIndex(x => x.Name == name);
                        model.RemoveAll(x => x.Name == name);
                        model.Insert(first < 0 ? model.Count : first, (name, value));
                        break;
                    default:
                        Assert.That(_map.Remove(Encoding.ASCII.GetBytes(name)), Is.EqualTo(model.RemoveAll(x => x.Name == name) > 0));
                        break;
                }
            }

            Assert.That(Text(_map), Is.EqualTo(string.Join(' ', model.Select(x => x.Name + "=" + x.Value))));
            Assert.That(_map.ByteSize, Is.EqualTo(model.Sum(x => x.Name.Length + x.Value.Length)));
            foreach (var name in names)
                Assert.That(_map.GetString(name), Is.EqualTo(model.Where(x => x.Name == name).Select(x => x.Value).FirstOrDefault()));
        }
    }

    [Test]
    public void Operations_OnAWarmMap_AllocateNothing()
    {
        void Use()
        {
            _map.Clear();
            _map.Add(HeaderId.Method, "GET"u8);
            _map.Add("x-custom"u8, "some value"u8);
            _map.Set(HeaderId.XRequestId, "0123456789"u8);
            _map.Set(HeaderId.XRequestId, "01234567890123456789"u8);
            _map.Remove("x-custom"u8);
            foreach (var field in _map)
                _ = field.Name.Length;
        }

        Use();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            Use();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static string Text(HeaderMap map)
    {
        var text = new List<string>();
        foreach (var field in map)
            text.Add(Encoding.ASCII.GetString(field.Name) + "=" + Encoding.ASCII.GetString(field.Value));
        return string.Join(' ', text);
    }
}
