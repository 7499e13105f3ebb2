import { isDeepStrictEqual } from "node:util";
import { inputsThatReplace } from "./inputsThatReplace";
import type { RecordedResource, RecordedStack } from "./recordedStack";

/** What the engine would do to one resource. */
export interface EngineStep {
  action: "create" | "update" | "replace" | "delete";
  urn: string;
  changed: string[];
}

type Inputs = Record<string, unknown>;

/** The types that contain credentials, or encrypt them. */
const modeledTypes = new Set([
  "aws:kms/key:Key",
  "aws:secretsmanager/secret:Secret",
  "aws:secretsmanager/secretVersion:SecretVersion",
  "aws:secretsmanager/secretRotation:SecretRotation",
  "aws:rds/instance:Instance",
]);

/** One secret of the service, with its labeled versions. */
export class SecretModel {
  readonly versions = new Map<string, { value: string; labels: Set<string> }>();
  /** Values that were not written by a rotation. */
  readonly written: string[] = [];

  put(id: string, value: string, labels: string[]): void {
    for (const label of labels) for (const version of this.versions.values()) version.labels.delete(label);
    this.versions.set(id, { value, labels: new Set(labels) });
  }

  /** A whole rotation, with the labels after `finishSecret`. */
  rotate(id: string, value: string): void {
    const current = this.holderOf("AWSCURRENT");
    this.put(id, value, ["AWSCURRENT"]);
    for (const version of this.versions.values()) version.labels.delete("AWSPREVIOUS");
    this.versions.get(current)?.labels.add("AWSPREVIOUS");
  }

  /** Removes versions without a label, as the service does occasionally. */
  collect(): void {
    for (const [id, { labels }] of this.versions) if (labels.size === 0) this.versions.delete(id);
  }

  holderOf(label: string): string {
    for (const [id, { labels }] of this.versions) if (labels.has(label)) return id;
    throw new Error(`no version has the staging label ${label}`);
  }
}

/** Models the planning of Pulumi's engine: compares old and new inputs, except ignored ones. */
export class EngineModel {
  private readonly state = new Map<string, { inputs: Inputs; readonly protect: boolean }>();

  constructor(private readonly secret: SecretModel) {}

  /**
   * Deploys the registered resources.
   *
   * @returns the operations
   * @throws Error if a protected resource would be deleted
   */
  up({ resources }: RecordedStack): EngineStep[] {
    const registered = resources.filter(({ custom, type }) => custom && modeledTypes.has(type));
    const steps = [...this.deletions(registered), ...registered.flatMap((one) => this.step(one))];
    for (const step of steps) {
      const { inputs = {} } = this.state.get(step.urn) ?? {};
      if (!step.urn.includes("SecretVersion") || ["update", "delete"].includes(step.action)) continue;
      this.secret.put("seed", String(inputs.secretString), inputs.versionStages as string[]);
      this.secret.written.push(String(inputs.secretString));
    }
    return steps;
  }

  /** Updates the state from the service, and removes versions that no longer exist. */
  refresh(): void {
    for (const [urn, known] of this.state) {
      if (!urn.includes("SecretVersion")) continue;
      const seed = this.secret.versions.get("seed");
      if (seed === undefined) this.state.delete(urn);
      else known.inputs = { ...known.inputs, secretString: seed.value, versionStages: [...seed.labels] };
    }
  }

  /** `pulumi state delete --force`: removes a resource from the state, and not from AWS. */
  forget(urn: string): void {
    this.state.delete(urn);
  }

  private deletions(registered: RecordedResource[]): EngineStep[] {
    const registeredUrns = new Set(registered.map(({ urn }) => urn));
    const removed = [...this.state].filter(([urn]) => !registeredUrns.has(urn));
    for (const [urn, { protect }] of removed) if (protect) throw new Error(`${urn} cannot be deleted: protected`);
    for (const [urn] of removed) this.forget(urn);
    return removed.map(([urn]) => ({ action: "delete", urn, changed: [] }));
  }

  private step({ urn, type, inputs, ignoreChanges, protect }: RecordedResource): EngineStep[] {
    const old = this.state.get(urn)?.inputs;
    const planned: Inputs = { ...inputs };
    if (old !== undefined) for (const key of ignoreChanges) planned[key] = old[key];
    const keys = new Set([...Object.keys(planned), ...Object.keys(old ?? {})]);
    const changed = [...keys].filter((key) => !isDeepStrictEqual(planned[key], old?.[key]));
    this.state.set(urn, { inputs: planned, protect });
    if (old === undefined) return [{ action: "create", urn, changed }];
    if (changed.length === 0) return [];
    return [
      { action: changed.some((key) => inputsThatReplace[type]?.includes(key)) ? "replace" : "update", urn, changed },
    ];
  }
}
