import { isDeepStrictEqual } from "node:util";
import type { RecordedResource } from "../../emulators/pulumi/recordedStack";
import { replacing } from "../../emulators/pulumi/replacing";

/** The URN of each resource that an upgrade must keep, with the inputs that replace it when they change. */
export type Identities = Record<string, Record<string, unknown>>;

interface Identity {
  /** Types of the parents and its own, as a URN has them. */
  types: string;
  name: string;
}

/** What an upgrade must keep of a stack's resources: those whose types {@link replacing} has. */
export function identitiesOf(resources: RecordedResource[]): Identities {
  const urns = new Urns(resources);
  return Object.fromEntries(
    resources
      .filter(({ type }) => replacing[type] !== undefined)
      .map((resource) => [urns.current(resource), replacingInputs(resource, urns)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** What would become of deployed resources: each sentence is one that is deleted or replaced. */
export function identityChanges(held: Identities, resources: RecordedResource[]): string[] {
  const urns = new Urns(resources);
  const successors = new Map(
    resources.flatMap((resource) => urns.all(resource).map((urn) => [urn, resource] as const)),
  );
  return Object.entries(held).flatMap(([urn, inputs]) => {
    const successor = successors.get(urn);
    if (successor === undefined) return [`${urn} is deleted: nothing has its name, or an alias of it`];
    const now = replacingInputs(successor, urns);
    return [...new Set([...Object.keys(inputs), ...Object.keys(now)])]
      .filter((key) => !isDeepStrictEqual(inputs[key], now[key]))
      .map((key) => `${urn} is replaced: ${key} is ${JSON.stringify(now[key])} and was ${JSON.stringify(inputs[key])}`);
  });
}

/** Inputs that come from other resources are held as the types of those: AWS chooses their values. */
function replacingInputs(resource: RecordedResource, urns: Urns): Record<string, unknown> {
  const { type, inputs, ignoreChanges, propertyDependencies } = resource;
  return Object.fromEntries(
    (replacing[type] ?? [])
      .filter((key) => inputs[key] !== undefined && !ignoreChanges.includes(key))
      .map((key) => {
        const from = propertyDependencies[key] ?? [];
        return [
          key,
          from.length === 0
            ? inputs[key]
            : `of ${from
                .map((urn) => urns.typeOf(urn))
                .sort()
                .join(", ")}`,
        ];
      }),
  );
}

/** URNs as Pulumi's engine makes them; the recorder's have only one parent each. */
class Urns {
  private readonly recorded: Map<string, RecordedResource>;
  private readonly prefix: string;

  constructor(resources: RecordedResource[]) {
    this.recorded = new Map(resources.map((resource) => [resource.urn, resource]));
    this.prefix = (resources[0]?.urn ?? "").split("::").slice(0, 2).join("::");
  }

  current(resource: RecordedResource): string {
    return this.all(resource)[0] ?? "";
  }

  typeOf(urn: string): string {
    return this.recorded.get(urn)?.type ?? urn;
  }

  /** Today's first, then those by aliases. */
  all(resource: RecordedResource): string[] {
    return [
      ...this.identities(resource).map(({ types, name }) => `${this.prefix}::${types}::${name}`),
      ...resource.aliases.flatMap((alias) => ("urn" in alias ? [alias.urn] : [])),
    ];
  }

  /** A child takes part in its parent's aliases, with its parent's former name at the beginning of its own. */
  private identities({ type, name, parent, aliases }: RecordedResource): Identity[] {
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
