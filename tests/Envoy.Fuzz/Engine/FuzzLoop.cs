using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Envoy.Fuzz.Engine;

/// <summary>Runs one target: mutates, keeps what goes new ways, tells what fails and how to see it again.</summary>
internal sealed class FuzzLoop(IFuzzTarget target, FuzzOptions options)
{
    // Ways beyond this are still taken, and not kept: memory is bounded, also in a run of hours.
    private const int MostKept = 20_000;

    // No input may take so long; the longest honest ones take milliseconds.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);

    private readonly FuzzRandom _random = new(options.Seed);
    private readonly List<byte[]> _kept = [];
    private readonly HashSet<ulong> _ways = [];
    private readonly byte[] _current = new byte[target.MostBytes];
    private int _currentLength;
    private long _runs;
    private long _startedAt;

    /// <summary>Runs each target that can take it on one input.</summary>
    public static int Replay(IEnumerable<IFuzzTarget> targets, byte[] input)
    {
        foreach (var target in targets)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target.Name}: holds, way {target.Run(input):x16}"));
        return 0;
    }

    /// <summary>Runs until the time or the number of inputs is used up, or a rule does not hold: then false.</summary>
    public bool Run()
    {
        var seeds = target.Seeds;
        var mutator = new Mutator(_random, target.Words, target.MostBytes);
        var clock = Stopwatch.StartNew();
        var nextReport = TimeSpan.FromSeconds(10);
        using var done = new ManualResetEventSlim();
        var watchdog = new Thread(() => Watch(done)) { IsBackground = true, Name = "watchdog" };
        watchdog.Start();
        try
        {
            foreach (var seed in seeds)
                Try(seed.AsSpan(0, Math.Min(seed.Length, target.MostBytes)));
            while (options.Runs is { } most ? _runs < most : clock.Elapsed.TotalSeconds < options.Seconds)
            {
                Try(mutator.Mutate(Pick(seeds), Pick(seeds)));
                if ((_runs & 255) == 0 && clock.Elapsed >= nextReport)
                {
                    Report(clock);
                    nextReport = clock.Elapsed + TimeSpan.FromSeconds(30);
                }
            }

            Report(clock);
            return true;
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e is FuzzFailure ? $"{target.Name}: {e.Message}" : $"{target.Name}: threw {e}");
            Console.Error.WriteLine(HowToRepeat());
            return false;
        }
        finally
        {
            done.Set();
            watchdog.Join();
        }
    }

    private byte[] Pick(IReadOnlyList<byte[]> seeds) => _kept.Count > 0 && !_random.OneIn(3) ? _kept[_random.Below(_kept.Count)] : seeds[_random.Below(seeds.Count)];

    private void Try(ReadOnlySpan<byte> input)
    {
        input.CopyTo(_current);
        _currentLength = input.Length;
        _runs++;
        Volatile.Write(ref _startedAt, Stopwatch.GetTimestamp());
        var way = target.Run(input);
        Volatile.Write(ref _startedAt, 0);
        if (_kept.Count < MostKept && _ways.Add(way))
            _kept.Add(input.ToArray());
    }

    private void Report(Stopwatch clock) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{target.Name}: {_runs} inputs in {clock.Elapsed.TotalSeconds:f0} s, {_runs / clock.Elapsed.TotalSeconds:f0} a second, {_ways.Count} ways, seed {options.Seed}"));

    // A thread that hangs cannot be stopped: the process ends, having said which input it was.
    private void Watch(ManualResetEventSlim done)
    {
        while (!done.Wait(1000))
        {
            var started = Volatile.Read(ref _startedAt);
            if (started == 0 || Stopwatch.GetElapsedTime(started) < Hang)
                continue;
            Console.Error.WriteLine($"{target.Name}: an input takes longer than {Hang.TotalSeconds} s");
            Console.Error.WriteLine(HowToRepeat());
            Environment.Exit(1);
        }
    }

    private string HowToRepeat()
    {
        var input = _current.AsSpan(0, _currentLength);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            input {_runs} of seed {options.Seed}: {Encoding.Latin1.GetString(input).ReplaceLineEndings("\\n")}
            again: --target {target.Name} --input {Convert.ToBase64String(input)}
            the whole run: --target {target.Name} --seed {options.Seed} --runs {_runs}
            """);
    }
}
