using System.Text;
using Envoy.Http.Headers;

namespace Envoy.Conformance.Tests.Http1;

/// <summary>
/// The codec against the byte strings of five parsers' test suites, a smuggling tool and Envoy's fuzz inputs. What differs is in
/// <see cref="Http1Differences"/>, case by case; and a difference that is listed and no longer there fails too.
/// </summary>
public class Http1ConformanceTests
{
    private enum Verdict
    {
        Accept,
        Incomplete,
        Reject,
    }

    [Test]
    public void Decode_CasesWithAVerdict_AgreesOrIsListed()
    {
        var seen = new HashSet<string>();
        var failures = new List<string>();
        var count = 0;
        foreach (var test in Cases().Where(x => x.Expect != "unstated" && x.Steps.Count > 0))
        {
            count++;
            var run = Run(test);
            var verdict = Judge(test, run);
            var difference = Differs(test, verdict);
            var isListed = (difference == "refused" && Http1Differences.Refused.ContainsKey(test.Id))
                || (difference == "accepted" && Http1Differences.Accepted.ContainsKey(test.Id));
            if (isListed)
                seen.Add(test.Id);
            else if (difference is not null)
                failures.Add($"{test.Id}: {difference}, expected {test.Expect}, found {verdict} ({run.Error?.Message}) {Show(test)}");
            else if (verdict == Verdict.Accept || (test.IsEnvoyCodec && run.Error is not null))
                failures.AddRange(Compare(test, run));
        }

        foreach (var id in Http1Differences.Refused.Keys.Concat(Http1Differences.Accepted.Keys).Where(x => !seen.Contains(x)))
            failures.Add($"{id}: listed as a difference and is none");
        Assert.That(failures, Is.Empty);
        Assert.That(count, Is.GreaterThan(500));
    }

    [Test]
    public void Decode_WhatEnvoyAnsweredWithAnError_IsRefused()
    {
        string[] refusals = ["400", "426", "431", "501"];
        var laxer = Cases().Where(x => refusals.Contains(x.EnvoyAnswered))
            .Where(x => Judge(x, Run(x)) != Verdict.Reject)
            .Select(x => x.Id);
        Assert.That(laxer, Is.Empty);
    }

    [Test]
    public void Decode_SmugglingMutations_AreRefusedOrHaveOneReading()
    {
        var refused = 0;
        var failures = new List<string>();
        foreach (var test in Cases().Where(x => x.Expect == "unstated"))
        {
            var run = Http1Run.Of(test.Steps[0], isResponse: false);
            if (run.Error is not null)
                refused++;
            else if (run.IsAmbiguous)
                failures.Add(test.Id);
        }

        Assert.That(failures, Is.Empty);
        Assert.That(refused, Is.GreaterThan(1000));
    }

    [Test]
    public void Decode_FuzzInputs_EndsWithoutAnException()
    {
        var count = 0;
        foreach (var file in Directory.EnumerateFiles(ConformanceData.Find("http1/envoy-fuzz-corpora"), "*", SearchOption.AllDirectories))
        {
            count++;
            var bytes = File.ReadAllBytes(file);
            _ = Http1Run.Of(bytes, isResponse: false);
            _ = Http1Run.Of(bytes, isResponse: true);
        }

        Assert.That(count, Is.GreaterThan(300));
    }

    private static IEnumerable<Http1Case> Cases() => Http1Case.Load(ConformanceData.Find("http1/cases.jsonl"));

    private static Http1Run Run(Http1Case test) => Http1Run.Of(
        [.. test.Steps.SelectMany(x => x)], test.IsResponse, test.Settings,
        answersConnect: test.Id.Contains(".ConnectResponse", StringComparison.Ordinal));

    private static Verdict Judge(Http1Case test, Http1Run run)
    {
        if (run.Error is not null || run.HasUnreadRest)
            return Verdict.Reject;
        if (test.IsServerLevel && !test.IsResponse && (run.LacksHost || run.IsOld))
            return Verdict.Reject;
        return run.IsTruncated ? Verdict.Incomplete : Verdict.Accept;
    }

    private static string? Differs(Http1Case test, Verdict verdict) => test.Expect switch
    {
        // A parser that was told to be lenient says nothing about a strict one.
        "accept" when test.IsStrict => verdict == Verdict.Reject ? "refused" : null,
        "incomplete" => verdict == Verdict.Incomplete ? null : "decided",
        // Bytes that end early are refused when the stream ends there, or when the timeout does.
        "reject" => verdict == Verdict.Accept || (verdict == Verdict.Incomplete && IsCutLine(test)) ? "accepted" : null,
        _ => null,
    };

    private static bool IsCutLine(Http1Case test) => Http1Differences.Accepted.ContainsKey(test.Id);

    private static IEnumerable<string> Compare(Http1Case test, Http1Run run)
    {
        if (run.Error is not null)
        {
            if (test.Details.Length > 0 && test.Details != run.Error.Details)
                yield return $"{test.Id}: details {run.Error.Details}, Envoy's are {test.Details}";
            if (test.Status > 0 && test.Status != run.Error.HttpStatus)
                yield return $"{test.Id}: status {run.Error.HttpStatus}, Envoy's is {test.Status}";
            yield break;
        }

        if (test.Requests.Count > 0 && !test.Requests.SequenceEqual(run.Messages.Take(test.Requests.Count)))
            yield return $"{test.Id}: messages {string.Join(' ', run.Messages)}, expected {string.Join(' ', test.Requests)}";
        foreach (var (name, value) in test.Headers)
        {
            // Envoy's codec edits these for h2c; ours leaves them, and they go with the other hop-by-hop headers.
            if (name is "connection" or "upgrade")
                continue;
            var found = run.Headers.GetString(name.Equals("host", StringComparison.OrdinalIgnoreCase) ? ":authority" : name);
            if (found != value)
                yield return $"{test.Id}: {name} is '{found}', Envoy's is '{value}'";
        }
    }

    private static string Show(Http1Case test) =>
        string.Join(" / ", test.Steps.Select(x => Encoding.Latin1.GetString(x.AsSpan(0, Math.Min(x.Length, 200))))).Replace("\r\n", "\\r\\n", StringComparison.Ordinal);
}
