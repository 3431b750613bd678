namespace Envoy.TransportSockets.Tls;

/// <summary>The files that something was read from, and whether they have changed since. Main-owned.</summary>
internal sealed class ReloadableFiles
{
    private readonly string[] _paths;
    private (DateTime Written, long Length)[] _seen;

    public ReloadableFiles(CommonTlsConfig common)
    {
        IEnumerable<DataSourceConfig?> sources =
        [
            .. common.Certificates.SelectMany(c => new[] { c.CertificateChain, c.PrivateKey, c.Pkcs12, c.Password }),
            common.Validation?.TrustedCa,
            common.Validation?.Crl,
        ];
        _paths = [.. sources.Where(s => s is { FileName.Length: > 0 }).Select(s => s!.FileName).Distinct(StringComparer.Ordinal)];
        _seen = Look();
    }

    public bool Any => _paths.Length > 0;

    /// <summary>True once for each change.</summary>
    public bool HaveChanged()
    {
        var now = Look();
        if (now.AsSpan().SequenceEqual(_seen))
            return false;
        _seen = now;
        return true;
    }

    private (DateTime, long)[] Look() => Array.ConvertAll(_paths, static path =>
    {
        try
        {
            // Links are followed: a mounted secret is replaced by turning one.
            var target = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
            return target.Exists ? (target.LastWriteTimeUtc, target.Length) : default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone for the moment: seen when it is back.
            return default;
        }
    });
}
