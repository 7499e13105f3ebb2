import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest, RegisterResourceResponse } from "@pulumi/pulumi/proto/resource_pb";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { deserializeProperties, isRpcSecret, unwrapRpcSecret } from "@pulumi/pulumi/runtime/rpc";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** A registered resource, and the answer that the program got. */
export type RecordedResource = ReturnType<typeof record>;

/** A former identity: a URN, or the parts that differ from the current one. */
export type RecordedAlias = { urn: string } | { name: string; type: string; parent: string };

/** The answer of a resource's provider: its ID, and the outputs that are not inputs. */
export type Outputs = (resource: {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}) => Record<string, unknown>;
/** The result of a provider's function. Throws for an unknown function. */
export type Calls = (token: string, inputs: Record<string, unknown>) => Record<string, unknown>;

/** The resources, outputs and warnings of a program. */
export type RecordedStack = Awaited<ReturnType<typeof recordStack>>;

/** Runs a program with a recording monitor, and waits until all resources are registered. */
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
) {
  const monitor = new RecordingMonitor(options);
  await pulumi.runtime.setMocks(monitor.mocks, options.project, options.stack, options.preview ?? false);
  pulumi.runtime.setMockOptions(monitor, options.project, options.stack, options.preview ?? false);
  pulumi.runtime.setAllConfig(options.config);
  const warnings: string[] = [];
  const outputs = await captureWarnings(warnings, () =>
    rejectOnUnhandled(async () => {
      const registered: Record<string, unknown> | undefined = await pulumi.runtime.runInPulumiStack(async () =>
        program(),
      );
      const resolved = await new Promise<Record<string, unknown>>((resolve) => {
        pulumi.output(registered ?? {}).apply(resolve);
      });
      await pulumi.runtime.disconnect();
      return resolved;
    }),
  );
  if (monitor.failure !== undefined) throw monitor.failure;
  const resources = monitor.recorded;
  const all = (type: string): RecordedResource[] => resources.filter((resource) => resource.type === type);
  return {
    resources,
    /** The stack's outputs, with secrets as plain values. */
    outputs,
    /** The provider functions that were called, in order. */
    calls: monitor.called,
    warnings,
    all,
    /** The only resource of a type (with this name, or end of a name). @throws Error if there is none, or several */
    find(type: string, name?: string): RecordedResource {
      const found = all(type).filter((one) => name === undefined || one.name === name || one.name.endsWith(`-${name}`));
      const [resource] = found;
      if (resource === undefined || found.length > 1) {
        throw new Error(`${found.length} resources ${type} ${name ?? ""}: ${all(type).map((one) => one.name)}`);
      }
      return resource;
    },
  };
}

/** Emulates the engine: gives the defined answers, and records the requests. */
export class RecordingMonitor extends MockMonitor {
  readonly recorded: RecordedResource[] = [];
  readonly called: string[] = [];
  failure: Error | undefined;

  constructor({ outputsOf, call }: { outputsOf: Outputs; call: Calls }) {
    super({
      call: ({ token, inputs }) => {
        this.called.push(token);
        try {
          return call(token, withoutSecrets(inputs));
        } catch (error) {
          // As an error of gRPC, from which the SDK takes this text.
          throw Object.assign(new Error(String(error)), { details: error instanceof Error ? error.message : error });
        }
      },
      newResource: ({ type, name, inputs }) => {
        const { id = `${name}-id`, ...outputs } = outputsOf({ type, name, inputs: withoutSecrets(inputs) });
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

function record(request: RegisterResourceRequest, response: RegisterResourceResponse) {
  const raw = deserializeProperties(request.getObject() ?? new Struct(), true);
  const secretInputs = Object.keys(raw).filter((key) => isRpcSecret(raw[key]));
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
    inputs: withoutSecrets(raw),
    outputs: withoutSecrets(deserializeProperties(response.getObject() ?? new Struct())),
    /** URNs that it depends on. */
    dependencies: request.getDependenciesList(),
    /** URNs behind each input. */
    propertyDependencies,
    ignoreChanges: request.getIgnorechangesList(),
    /** Names of the inputs that are encrypted in the state. */
    secretInputs,
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
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

/** Pulumi makes a whole property secret if a part of it is. */
function withoutSecrets(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, withoutSecret(value)]));
}

function withoutSecret(value: unknown): unknown {
  return isRpcSecret(value) ? withoutSecret(unwrapRpcSecret(value)) : value;
}

/** Without an engine, Pulumi writes its warnings to the console. */
async function captureWarnings<T>(warnings: string[], run: () => Promise<T>): Promise<T> {
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

/** If an input fails, Pulumi's promises never settle; there is only an unhandled rejection. */
async function rejectOnUnhandled<T>(run: () => Promise<T>): Promise<T> {
  let stop: (reason: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    stop = reject;
  });
  // Pulumi keeps a stack trace for each promise, which takes more time than the program.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const otherListeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", stop);
  try {
    return await Promise.race([run(), failed]);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    process.removeListener("unhandledRejection", stop);
    for (const listener of otherListeners) process.on("unhandledRejection", listener);
  }
}
