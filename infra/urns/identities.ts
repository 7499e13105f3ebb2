import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { inputsThatReplace } from "../../emulators/pulumi/inputsThatReplace";
import type { RecordedResource } from "../../emulators/pulumi/recordedStack";

/** The file with the reviewed identities, by stack. */
export const urnsFile = join(__dirname, "urns.json");

/** Two stacks that together have every resource type: one with its own network, one in an existing network. */
export const reviewedStacks = ["dev", "prod"] as const;

/** The URN of each resource that an upgrade must keep, with the inputs whose change replaces the resource. */
export type Identities = Record<string, Record<string, unknown>>;

/** The identities of the resources that an upgrade must keep: those of a type in {@link inputsThatReplace}. */
export function identitiesOf(resources: RecordedResource[]): Identities {
  const urns = new Urns(resources);
  return Object.fromEntries(
    resources
      .filter(({ type }) => inputsThatReplace[type] !== undefined)
      .map((resource) => [urns.all(resource)[0] ?? "", replacingInputs(resource, urns)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The resources that an upgrade would delete or replace, one sentence for each. */
export function identityChanges(reviewed: Identities, resources: RecordedResource[]): string[] {
  const urns = new Urns(resources);
  const successors = new Map(
    resources.flatMap((resource) => urns.all(resource).map((urn) => [urn, resource] as const)),
  );
  return Object.entries(reviewed).flatMap(([urn, inputs]) => {
    const successor = successors.get(urn);
    if (successor === undefined) return [`${urn} is deleted: no resource has its name or an alias with it`];
    const now = replacingInputs(successor, urns);
    return [...new Set([...Object.keys(inputs), ...Object.keys(now)])]
      .filter((key) => !isDeepStrictEqual(inputs[key], now[key]))
      .map((key) => `${urn} is replaced: ${key} is ${JSON.stringify(now[key])} and was ${JSON.stringify(inputs[key])}`);
  });
}

/** An input from another resource is recorded as the type of that resource, because AWS chooses its value. */
function replacingInputs(resource: RecordedResource, urns: Urns): Record<string, unknown> {
  const { type, inputs, ignoreChanges, propertyDependencies } = resource;
  const keys = (inputsThatReplace[type] ?? []).filter(
    (key) => inputs[key] !== undefined && !ignoreChanges.includes(key),
  );
  return Object.fromEntries(
    keys.map((key) => {
      const from = (propertyDependencies[key] ?? []).map((urn) => urns.typeOf(urn)).sort();
      return [key, from.length === 0 ? inputs[key] : `of ${from.join(", ")}`];
    }),
  );
}

/** URNs as Pulumi's engine builds them. The recorder's URNs contain only one parent. */
class Urns {
  private readonly recorded: Map<string, RecordedResource>;
  private readonly prefix: string;

  constructor(resources: RecordedResource[]) {
    this.recorded = new Map(resources.map((resource) => [resource.urn, resource]));
    this.prefix = (resources[0]?.urn ?? "").split("::").slice(0, 2).join("::");
  }

  typeOf(urn: string): string {
    return this.recorded.get(urn)?.type ?? urn;
  }

  /** The current URN, then those of the aliases. */
  all(resource: RecordedResource): string[] {
    return [
      ...this.identities(resource).map(({ types, name }) => `${this.prefix}::${types}::${name}`),
      ...resource.aliases.flatMap((alias) => ("urn" in alias ? [alias.urn] : [])),
    ];
  }

  /**
   * The names, each with the type and its parents' types in the notation of a URN. A child inherits the aliases of its
   * parent. If its name begins with the parent's name, the former name replaces it.
   */
  private identities({ type, name, parent, aliases }: RecordedResource): { types: string; name: string }[] {
    const own = [{ type, name, parent }, ...aliases.flatMap((alias) => ("urn" in alias ? [] : [alias]))];
    return own.flatMap((one) => {
      const above = this.recorded.get(one.parent);
      if (above === undefined || above.type === "pulumi:pulumi:Stack") return [{ types: one.type, name: one.name }];
      return this.identities(above).map((former) => ({
        types: `${former.types}$${one.type}`,
        name: one.name.startsWith(above.name) ? former.name + one.name.slice(above.name.length) : one.name,
      }));
    });
  }
}
