using System.Globalization;
using System.Text;
using Envoy.Runtime;

namespace Envoy.ConnectionManager;

/// <summary>The <c>date</c> header's value, formatted once a second. Worker-owned.</summary>
internal sealed class DateSource
{
    // IMF-fixdate has always this length (RFC 9110 section 5.6.7).
    private const int Length = 29;

    private readonly Worker _worker;
    private readonly byte[] _text = new byte[Length];
    private long _validUntil = long.MinValue;

    private DateSource(Worker worker) => _worker = worker;

    public ReadOnlySpan<byte> Value
    {
        get
        {
            if (_worker.Now >= _validUntil)
                Format();
            return _text;
        }
    }

    public static DateSource Of(Worker worker) => worker.Local(static w => new DateSource(w));

    private void Format()
    {
        var now = _worker.TimeProvider.GetUtcNow();
        now.TryFormat(_text, out _, "r", CultureInfo.InvariantCulture);
        _validUntil = _worker.Now + 1000 - now.Millisecond;
    }
}
