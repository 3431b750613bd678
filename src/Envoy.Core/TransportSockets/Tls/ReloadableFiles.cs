namespace Envoy.TransportSockets.Tls;

/// <summary>The files that something was read from, and whether they have changed since. Main-owned.</summary>
internal sealed class ReloadableFiles
{
    private readonly string[] _paths;
    private (DateTime Written, long Length)[] _loaded;
    private (DateTime Written, long Length)[] _tried;

    public ReloadableFiles(CommonTlsConfig common)
    {
        IEnumerable<DataSourceConfig?> sources =
        [
            .. common.Certificates.SelectMany(c => new[] { c.CertificateChain, c.PrivateKey, c.Pkcs12, c.Password }),
            common.Validation?.TrustedCa,
            common.Validation?.Crl,
        ];
        _paths = [.. sources.Where(s => s is { FileName.Length: > 0 }).Select(s => s!.FileName).Distinct(StringComparer.Ordinal)];
        _loaded = _tried = Look();
    }

    public bool Any => _paths.Length > 0;

    /// <summary>They are others than those that were loaded: until <see cref="OnLoaded"/>, so that what fails for a moment is tried again.</summary>
    /// <param name="isNew">They have not been seen like this before.</param>
    public bool HaveChanged(out bool isNew)
    {
        var now = Look();
        isNew = !now.AsSpan().SequenceEqual(_tried);
        _tried = now;
        return !now.AsSpan().SequenceEqual(_loaded);
    }

    /// <summary>What was seen last has been loaded.</summary>
    public void OnLoaded() => _loaded = _tried;

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
