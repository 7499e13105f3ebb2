import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  ConstructRequest,
  type ConstructResponse,
  GetSchemaRequest,
  type GetSchemaResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { PackageSchema } from "./packageSchema";

const root = join(__dirname, "../..");

/** The request of a program in another language to create a component. */
export interface ConstructInput {
  type: string;
  name: string;
  parent: string;
  inputs: Record<string, JavaScriptValue>;
  /** The URNs that each input depends on. */
  inputDependencies?: Record<string, string[]>;
}

/** The created component. */
export interface ConstructResult {
  urn: string;
  outputs: Record<string, JavaScriptValue>;
  /** The URNs that each output depends on. */
  dependencies: Record<string, string[]>;
}

/** The provider process, which serves gRPC as Pulumi expects. */
export class ProviderProcess {
  private constructor(
    private readonly child: ReturnType<typeof spawn>,
    private readonly client: ResourceProviderClient,
    private readonly engineAddress: string,
  ) {}

  /** Starts this repository as a plugin, with the working directory outside of it. */
  static async start(engineAddress: string): Promise<ProviderProcess> {
    const child = spawn(process.execPath, [require.resolve("@pulumi/pulumi/cmd/run-plugin"), root, engineAddress], {
      cwd: tmpdir(),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const port = await new Promise<string>((resolve, reject) => {
      child.stdout.once("data", (text) => resolve(String(text).trim()));
      child.once("exit", (code) => reject(new Error(`the provider ended with ${code}`)));
    });
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    return new ProviderProcess(child, client, engineAddress);
  }

  async schema(): Promise<PackageSchema> {
    const response = await promisify<GetSchemaResponse>((done) =>
      this.client.getSchema(new GetSchemaRequest(), done),
    )();
    return JSON.parse(response.getSchema()) as PackageSchema;
  }

  async construct(project: string, stack: string, construction: ConstructInput): Promise<ConstructResult> {
    const { type, name, parent, inputs, inputDependencies = {} } = construction;
    const request = new ConstructRequest()
      .setProject(project)
      .setStack(stack)
      .setParallel(16)
      .setMonitorendpoint(this.engineAddress)
      .setType(type)
      .setName(name)
      .setParent(parent)
      .setInputs(Struct.fromJavaScript(inputs));
    for (const [input, urns] of Object.entries(inputDependencies)) {
      request.getInputdependenciesMap().set(input, new ConstructRequest.PropertyDependencies().setUrnsList(urns));
    }
    const response = await promisify<ConstructResponse>((done) => this.client.construct(request, done))();
    const dependencies: Record<string, string[]> = {};
    response.getStatedependenciesMap().forEach((urns, output) => {
      dependencies[output] = urns.getUrnsList();
    });
    return { urn: response.getUrn(), outputs: response.getState()?.toJavaScript() ?? {}, dependencies };
  }

  async stop(): Promise<void> {
    this.client.close();
    this.child.kill();
    await once(this.child, "exit");
  }
}
