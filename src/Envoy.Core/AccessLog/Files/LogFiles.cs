using Envoy.Runtime;
using Envoy.Runtime.Linux;
using Envoy.Stats;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Envoy.AccessLog.Files;

/// <summary>The files that a proxy's access logs go to; logs with the same path share one. Main-owned, but for what says otherwise.</summary>
internal sealed class LogFiles(StatsStore stats, int workers, TimeSpan flushInterval, ILogger logger)
{
    // A pipe that nobody reads must not keep a proxy from ending.
    private static readonly TimeSpan MostClosing = TimeSpan.FromSeconds(5);

    private readonly FilesystemStats _stats = new(stats);

    // Replaced whole: other threads walk over it.
    private volatile LogFile[] _files = [];

    /// <summary>Opens a file to append to, or finds it open.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public LogFile Open(string path)
    {
        if (Array.Find(_files, f => f.Path == path) is { } known)
            return known;
        var file = new LogFile(path, () => OpenStream(path), workers, flushInterval, _stats, logger);
        _files = [.. _files, file];
        return file;
    }

    /// <summary>Opens every file again, for whoever has moved them away. Thread-safe.</summary>
    public void Reopen()
    {
        foreach (var file in _files)
            file.Reopen();
    }

    /// <summary>Completes when all lines of exchanges that have ended are written. Thread-safe.</summary>
    public async Task FlushAsync(IEnumerable<Worker> running)
    {
        var files = _files;
        foreach (var worker in running)
        {
            await worker.InvokeAsync(() =>
            {
                foreach (var file in files)
                    file.HandOver(worker);
            }).ConfigureAwait(false);
        }

        await Task.WhenAll(files.Select(f => f.FlushAsync())).ConfigureAwait(false);
    }

    /// <summary>Once all loops are over: writes what is left and ends the files' threads.</summary>
    /// <exception cref="TimeoutException">A file does not take its lines; its thread, a background one, is left to the system.</exception>
    public Task CloseAsync() => Task.WhenAll(_files.Select(f => f.CloseAsync())).WaitAsync(MostClosing);

    private static Stream OpenStream(string path)
    {
        // By their names these could not be opened where they are sockets.
        int? standard = path switch
        {
            FileAccessLogOptions.StandardOutput => 1,
            FileAccessLogOptions.StandardError => 2,
            _ => null,
        };
        if (OperatingSystem.IsLinux())
            return standard is { } descriptor ? DescriptorStream.Duplicate(descriptor) : DescriptorStream.Append(path);
        if (standard is null)
            return new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (OperatingSystem.IsWindows())
            throw new IOException($"'{path}' is not supported on Windows");
        return new FileStream(new SafeFileHandle(standard.Value, ownsHandle: false), FileAccess.Write, bufferSize: 0);
    }
}
