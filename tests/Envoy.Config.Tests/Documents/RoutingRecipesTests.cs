using System.Text.RegularExpressions;
using Envoy.Extensions;
using Envoy.Proxy;

namespace Envoy.Config.Tests.Documents;

/// <summary>Every recipe of <c>docs/routing-recipes.md</c> loads, and does with each request what the page says.</summary>
public sealed partial class RoutingRecipesTests
{
    [GeneratedRegex("^```(?<language>\\w+)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence { get; }

    [GeneratedRegex(@"^(?<method>\S+) (?<url>\S+)(?: \((?<name>[^:]+): (?<value>.*)\))?$")]
    private static partial Regex Request { get; }

    [TestCaseSource(nameof(Recipes))]
    public void Recipe_OnThePage_DoesWhatItSays(string yaml, string request, string told)
    {
        var config = EnvoyConfigLoader.Parse(Document(yaml)).OrThrow();
        var asked = Request.Match(request);
        var explanation = EnvoyProxy.Explain(config, new ExplainRequest(asked.Groups["method"].Value, asked.Groups["url"].Value)
        {
            Headers = asked.Groups["name"].Success ? ValueList.From([KeyValuePair.Create(asked.Groups["name"].Value, asked.Groups["value"].Value)]) : [],
        });
        // The first line names the listener, which the page leaves out.
        var lines = explanation.ToString();
        Assert.That(told, Is.EqualTo(lines[(lines.IndexOf('\n') + 1)..]));
    }

    [Test]
    public void Page_HasRecipes() => Assert.That(Recipes().Count(), Is.GreaterThan(15));

    private static IEnumerable<TestCaseData> Recipes()
    {
        var page = File.ReadAllText(Path.Combine(Root(), "docs", "routing-recipes.md")).ReplaceLineEndings("\n");
        var yaml = "";
        foreach (Match fence in Fence.Matches(page))
        {
            var text = fence.Groups["text"].Value;
            if (fence.Groups["language"].Value == "yaml")
            {
                yaml = text;
                continue;
            }

            var end = text.IndexOf('\n');
            yield return new TestCaseData(yaml, text[..end], text[(end + 1)..]).SetArgDisplayNames(text[..end], yaml.Split('\n')[0], "");
        }
    }

    private static string Document(string virtualHosts) => """
        static_resources:
          listeners:
          - name: listener
            address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: ingress
                  route_config:
                    validate_clusters: false
                    virtual_hosts:

        """ + string.Concat(virtualHosts.Split('\n').Select(line => new string(' ', 12) + line + "\n")) + """
                  http_filters:
                  - name: envoy.filters.http.fault
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault
                      delay: { fixed_delay: 1s, percentage: { numerator: 10 } }
                  - name: envoy.filters.http.router
        """;

    private static string Root()
    {
        var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Envoy.Core.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The repository's root is not above the tests.");
        return folder.FullName;
    }
}
