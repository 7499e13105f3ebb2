import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest, RegisterResourceResponse } from "@pulumi/pulumi/proto/resource_pb";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { deserializeProperties, specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** All that a program said when it registered a resource, and what it got back. */
export interface RecordedResource {
  type: string;
  name: string;
  urn: string;
  id: string;
  custom: boolean;
  remote: boolean;
  parent: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
  /** URNs that have to be there first. */
  dependencies: string[];
  /** URNs behind each input. */
  propertyDependencies: Record<string, string[]>;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  additionalSecretOutputs: string[];
  /** Names of the inputs that go into the state encrypted. */
  secretInputs: string[];
  protect: boolean;
  retainOnDelete: boolean;
  deleteBeforeReplace: boolean;
  importId: string;
  aliases: RecordedAlias[];
}

/** A former identity: a URN, or what of it differs from today's. */
export type RecordedAlias = { urn: string } | { name: string; type: string; parent: string };

/** What a resource's provider would answer: its id and the outputs that are not inputs. */
export type Outputs = (resource: {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}) => Record<string, unknown>;
/** What a call to a provider's function answers. Throws at one that it does not know. */
export type Calls = (token: string, inputs: Record<string, unknown>) => Record<string, unknown>;

/** What a program registered. */
export interface RecordedStack {
  resources: RecordedResource[];
  /** The stack's outputs, secrets laid open. */
  outputs: Record<string, unknown>;
  /** The provider functions that were called, in order. */
  calls: string[];
  /** What the program warned of. */
  warnings: string[];
  /** The one resource of a type (and of a name, or a name that ends so). @throws Error when there is none, or more */
  find(type: string, name?: string): RecordedResource;
  all(type: string): RecordedResource[];
}

/** Runs a program against a monitor that writes everything down, and waits until all of it is registered. */
export async function recordStack(
  program: () => unknown,
  options: {
    project: string;
    stack: string;
    config: Record<string, string>;
    outputsOf: Outputs;
    call: Calls;
    preview?: boolean;
  },
): Promise<RecordedStack> {
  const monitor = new RecordingMonitor(options);
  await pulumi.runtime.setMocks(monitor.mocks, options.project, options.stack, options.preview ?? false);
  pulumi.runtime.setMockOptions(monitor, options.project, options.stack, options.preview ?? false);
  pulumi.runtime.setAllConfig(options.config);
  const warnings: string[] = [];
  const outputs = await hearing(warnings, () =>
    unlessUnhandled(async () => {
      const laid = await laidOpen(await pulumi.runtime.runInPulumiStack(async () => program()));
      await pulumi.runtime.disconnect();
      return laid;
    }),
  );
  if (monitor.failure !== undefined) throw monitor.failure;
  const { recorded: resources, called: calls } = monitor;
  const all = (type: string): RecordedResource[] => resources.filter((resource) => resource.type === type);
  return {
    resources,
    outputs,
    calls,
    warnings,
    all,
    find(type, name) {
      const found = all(type).filter((one) => name === undefined || one.name === name || one.name.endsWith(`-${name}`));
      const [resource] = found;
      if (resource === undefined || found.length > 1) {
        throw new Error(`${found.length} resources ${type} ${name ?? ""}: ${all(type).map((one) => one.name)}`);
      }
      return resource;
    },
  };
}

/** Stands in for the engine: answers as it was told, and writes down what it is asked. */
export class RecordingMonitor extends MockMonitor {
  readonly recorded: RecordedResource[] = [];
  readonly called: string[] = [];
  failure: Error | undefined;

  constructor({ outputsOf, call }: { outputsOf: Outputs; call: Calls }) {
    super({
      call: ({ token, inputs }) => {
        this.called.push(token);
        return call(token, opened(inputs));
      },
      newResource: ({ type, name, inputs }) => {
        const { id = `${name}-id`, ...outputs } = outputsOf({ type, name, inputs: opened(inputs) });
        return { id: String(id), state: { ...inputs, ...outputs } };
      },
    });
  }

  override async registerResource(
    request: RegisterResourceRequest,
    callback: (error: Error | null, response: RegisterResourceResponse) => void,
  ): Promise<void> {
    await super.registerResource(request, (error: unknown, response: RegisterResourceResponse) => {
      if (error !== null && error !== undefined)
        this.failure ??= error instanceof Error ? error : new Error(String(error));
      else this.recorded.push(record(request, response));
      callback(error instanceof Error ? error : null, response);
    });
  }
}

/** Reads a request to register a resource. */
export function record(request: RegisterResourceRequest, response: RegisterResourceResponse): RecordedResource {
  const raw = deserializeProperties(request.getObject() ?? new Struct(), true);
  const secretInputs = Object.keys(raw).filter((key) => hasSecret(raw[key]));
  const propertyDependencies: Record<string, string[]> = {};
  request.getPropertydependenciesMap().forEach((urns, property) => {
    propertyDependencies[property] = urns.getUrnsList();
  });
  return {
    type: request.getType(),
    name: request.getName(),
    urn: response.getUrn(),
    id: response.getId(),
    custom: request.getCustom(),
    remote: request.getRemote(),
    parent: request.getParent(),
    inputs: opened(raw),
    outputs: opened(deserializeProperties(response.getObject() ?? new Struct())),
    dependencies: request.getDependenciesList(),
    propertyDependencies,
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    secretInputs,
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    deleteBeforeReplace: request.getDeletebeforereplace(),
    importId: request.getImportid(),
    aliases: aliasesOf(request),
  };
}

function aliasesOf(request: RegisterResourceRequest): RecordedAlias[] {
  return request.getAliasesList().map((alias) => {
    const spec = alias.getSpec();
    if (spec === undefined) return { urn: alias.getUrn() };
    return {
      name: spec.getName() || request.getName(),
      type: spec.getType() || request.getType(),
      parent: spec.getNoparent() ? "" : spec.getParenturn() || request.getParent(),
    };
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSecret(value: unknown): value is { value: unknown } {
  return isRecord(value) && value[specialSigKey] === specialSecretSig;
}

function hasSecret(value: unknown): boolean {
  if (isSecret(value)) return true;
  if (Array.isArray(value)) return value.some(hasSecret);
  return isPlain(value) && Object.values(value).some(hasSecret);
}

/** Assets and archives are objects of classes: they stay as they are. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && Object.getPrototypeOf(value) === Object.prototype;
}

function open(value: unknown): unknown {
  if (isSecret(value)) return open(value.value);
  if (Array.isArray(value)) return value.map(open);
  return isPlain(value) ? opened(value) : value;
}

function opened(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, open(value)]));
}

/** Without an engine, Pulumi writes its warnings to the console. */
async function hearing<T>(warnings: string[], run: () => Promise<T>): Promise<T> {
  const { warn } = console;
  const start = "warning: [runtime] ";
  console.warn = (first: unknown, ...more: unknown[]) => {
    if (typeof first === "string" && first.startsWith(start)) warnings.push(first.slice(start.length));
    else warn(first, ...more);
  };
  try {
    return await run();
  } finally {
    console.warn = warn;
  }
}

/** An input that fails stops Pulumi's promises from ever settling; all that is seen of it is an unhandled rejection. */
async function unlessUnhandled<T>(run: () => Promise<T>): Promise<T> {
  let stop: (reason: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    stop = reject;
  });
  // Pulumi keeps a stack trace for each of its promises: with long ones, most of the time goes there.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 2;
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", stop);
  try {
    return await Promise.race([run(), failed]);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    process.removeListener("unhandledRejection", stop);
    for (const listener of others) process.on("unhandledRejection", listener);
  }
}

/** Outputs of a stack as plain values. */
async function laidOpen(outputs: unknown): Promise<Record<string, unknown>> {
  const wrapped: pulumi.Output<unknown> = pulumi.output({ outputs });
  const plain = await new Promise<unknown>((resolve) => {
    wrapped.apply((value) => resolve(isRecord(value) ? value.outputs : undefined));
  });
  return isPlain(plain) ? plain : {};
}
