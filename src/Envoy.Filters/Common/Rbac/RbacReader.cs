using Envoy.Extensions;
using Envoy.Matching;
using Envoy.Net;

namespace Envoy.Filters.Common.Rbac;

/// <summary>Reads <c>envoy.config.rbac.v3.RBAC</c>. Thread-safe.</summary>
internal static class RbacReader
{
    private const string Package = "envoy.config.rbac.v3.";

    private static readonly EnumNames<RbacAction> Actions = new EnumNames<RbacAction>("Action")
        .Add("ALLOW", 0, RbacAction.Allow)
        .Add("DENY", 1, RbacAction.Deny)
        .Add("LOG", 2, RbacAction.Log);

    private static readonly FieldTable<PathDraft> PathMatcher = new FieldTable<PathDraft>("envoy.type.matcher.v3.PathMatcher", new PathDraft())
        .Message("path", "StringMatcher", d => d.Path, (d, v) => d with { Path = v }, StringMatcherReader.TryRead, required: true);

    private static readonly FieldTable<RangeDraft> PortRange = new FieldTable<RangeDraft>("envoy.type.v3.Int32Range", new RangeDraft())
        .Number("start", d => (uint)d.Start, (d, v) => d with { Start = (int)v }, 0, 65536)
        .Number("end", d => (uint)d.End, (d, v) => d with { End = (int)v }, 0, 65536)
        .Check((range, node, context) =>
        {
            if (range.Start >= range.End && !context.HasErrorAt(node))
                context.Error(node, $"range start {range.Start} cannot be greater or equal than range end {range.End}");
        });

    private static readonly FieldTable<NameDraft> Authenticated = new FieldTable<NameDraft>(Package + "Principal.Authenticated", new NameDraft())
        .Message("principal_name", "StringMatcher", d => d.Name, (d, v) => d with { Name = v }, StringMatcherReader.TryRead);

    private static readonly FieldTable<SetDraft> Permissions = new FieldTable<SetDraft>(Package + "Permission.Set", new SetDraft())
        .List("rules", "Permission", d => d.Rules, (d, v) => d with { Rules = v }, ReadPermission, required: true);

    private static readonly FieldTable<SetDraft> Principals = new FieldTable<SetDraft>(Package + "Principal.Set", new SetDraft())
        .List("ids", "Principal", d => d.Rules, (d, v) => d with { Rules = v }, ReadPrincipal, required: true);

    private static readonly FieldTable<Draft> Permission = new FieldTable<Draft>(Package + "Permission", new Draft())
        .Set("and_rules", Permissions, rules => new RbacRuleConfig.And(rules))
        .Set("or_rules", Permissions, rules => new RbacRuleConfig.Or(rules))
        .Any()
        .Header()
        .Path()
        .Ip("destination_ip", RbacAddress.Destination)
        .Number("destination_port", _ => null, (d, v) => d with { Rule = new RbacRuleConfig.DestinationPort((int)v, (int)v + 1) }, 0, 65535)
        .Message("destination_port_range", _ => null, (d, v) => d with { Rule = new RbacRuleConfig.DestinationPort(v.Start, v.End) }, PortRange)
        .Message<Draft, RbacRuleConfig>("not_rule", "Permission", _ => null, (d, v) => d with { Rule = new RbacRuleConfig.Not(v) }, ReadPermission)
        .Message("requested_server_name", "StringMatcher", _ => null, (Draft d, StringMatcherConfig v) => d with { Rule = new RbacRuleConfig.RequestedServerName(v) }, StringMatcherReader.TryRead)
        .NotYet("metadata", "sourced_metadata", "matcher", "uri_template")
        .OneOf(
            required: true, "and_rules", "or_rules", "any", "header", "url_path", "destination_ip", "destination_port", "destination_port_range", "metadata", "not_rule",
            "requested_server_name", "matcher", "uri_template", "sourced_metadata");

    private static readonly FieldTable<Draft> Principal = new FieldTable<Draft>(Package + "Principal", new Draft())
        .Set("and_ids", Principals, rules => new RbacRuleConfig.And(rules))
        .Set("or_ids", Principals, rules => new RbacRuleConfig.Or(rules))
        .Any()
        .Message("authenticated", _ => null, (d, v) => d with { Rule = new RbacRuleConfig.Authenticated(v.Name) }, Authenticated)
        .Ip("source_ip", RbacAddress.Source)
        .Ip("direct_remote_ip", RbacAddress.DirectRemote)
        .Ip("remote_ip", RbacAddress.Remote)
        .Header()
        .Path()
        .Message<Draft, RbacRuleConfig>("not_id", "Principal", _ => null, (d, v) => d with { Rule = new RbacRuleConfig.Not(v) }, ReadPrincipal)
        .NotYet("metadata", "sourced_metadata", "filter_state", "custom")
        .OneOf(
            required: true, "and_ids", "or_ids", "any", "authenticated", "source_ip", "direct_remote_ip", "remote_ip", "header", "url_path", "metadata", "filter_state", "not_id",
            "sourced_metadata", "custom");

    private static readonly FieldTable<RbacPolicyConfig> Policy = new FieldTable<RbacPolicyConfig>(Package + "Policy", new RbacPolicyConfig("", [], []))
        .List("permissions", "Permission", p => p.Permissions, (p, v) => p with { Permissions = v }, ReadPermission, required: true)
        .List("principals", "Principal", p => p.Principals, (p, v) => p with { Principals = v }, ReadPrincipal, required: true)
        .NotYet("condition", "checked_condition", "cel_config");

    public static readonly FieldTable<RbacConfig> Fields = new FieldTable<RbacConfig>(Package + "RBAC", new RbacConfig())
        .Enum("action", r => r.Action, (r, v) => r with { Action = v }, Actions)
        .Add(
            new ConfigField("policies", "map of string to Policy", FieldSupport.Supported),
            r => r.Policies,
            (r, v) => r with { Policies = v },
            (ConfigValueReader<ValueList<RbacPolicyConfig>>)ReadPolicies)
        .NotYet("audit_logging_options");

    private static bool ReadPolicies(ConfigNode node, ConfigReadContext context, out ValueList<RbacPolicyConfig> value)
    {
        value = [];
        if (node.Kind != ConfigNodeKind.Mapping)
        {
            context.Error(node, "must be a mapping of names to policies");
            return false;
        }

        var policies = new List<RbacPolicyConfig>();
        foreach (var entry in node.Entries)
        {
            if (Policy.TryRead(entry.Value, context, out var policy))
                policies.Add(policy with { Name = entry.Key });
        }

        value = ValueList.From(policies);
        return true;
    }

    private static bool ReadPermission(ConfigNode node, ConfigReadContext context, out RbacRuleConfig value) => ReadRule(Permission, node, context, out value);

    private static bool ReadPrincipal(ConfigNode node, ConfigReadContext context, out RbacRuleConfig value) => ReadRule(Principal, node, context, out value);

    private static bool ReadRule(FieldTable<Draft> table, ConfigNode node, ConfigReadContext context, out RbacRuleConfig value)
    {
        value = table.Read(node, context).Rule!;
        return value is not null;
    }

    private static FieldTable<Draft> Set(this FieldTable<Draft> table, string name, FieldTable<SetDraft> fields, Func<ValueList<RbacRuleConfig>, RbacRuleConfig> make) =>
        table.Message(name, _ => null, (d, v) => d with { Rule = make(v.Rules) }, fields);

    private static FieldTable<Draft> Any(this FieldTable<Draft> table) => table
        .Bool("any", _ => null, (d, v) => v ? d with { Rule = new RbacRuleConfig.Any() } : d)
        .Check((_, node, context) =>
        {
            if (node.Find("any") is { Value: "false" } any)
                context.Error(any, "value must equal true");
        });

    private static FieldTable<Draft> Header(this FieldTable<Draft> table) => table.Message(
        "header", "HeaderMatcher", _ => null, (Draft d, HeaderMatcherConfig v) => d with { Rule = new RbacRuleConfig.Header(v) }, HeaderMatcherReader.TryRead);

    private static FieldTable<Draft> Path(this FieldTable<Draft> table) =>
        table.Message("url_path", _ => null, (d, v) => v.Path is null ? d : d with { Rule = new RbacRuleConfig.UrlPath(v.Path) }, PathMatcher);

    private static FieldTable<Draft> Ip(this FieldTable<Draft> table, string name, RbacAddress address) =>
        table.Message(name, _ => null, (d, v) => d with { Rule = new RbacRuleConfig.Ip(address, v) }, CidrRangeReader.Fields);

    private sealed record Draft
    {
        public RbacRuleConfig? Rule { get; init; }
    }

    private sealed record SetDraft
    {
        public ValueList<RbacRuleConfig> Rules { get; init; } = [];
    }

    private sealed record PathDraft
    {
        public StringMatcherConfig? Path { get; init; }
    }

    private sealed record RangeDraft
    {
        public int Start { get; init; }

        public int End { get; init; }
    }

    private sealed record NameDraft
    {
        public StringMatcherConfig? Name { get; init; }
    }
}
