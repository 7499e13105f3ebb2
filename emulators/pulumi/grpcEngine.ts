import { promisify } from "node:util";
import * as grpc from "@grpc/grpc-js";
import * as pulumi from "@pulumi/pulumi";
import { EngineService, type IEngineServer } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { GetRootResourceResponse, SetRootResourceResponse } from "@pulumi/pulumi/proto/engine_pb";
import { type IResourceMonitorServer, ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import { SupportsFeatureResponse } from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { RecordingMonitor } from "./recordedStack";

/** An engine and its resource monitor, for another process. */
export type GrpcEngine = Awaited<ReturnType<typeof serveEngine>>;

/** Features that this engine does not support: they need a server in the program, or change the form of inputs. */
const unsupportedFeatures = new Set(["transforms", "invokeTransforms", "outputValues"]);

/** Serves a recording monitor over gRPC until it is stopped. */
export async function serveEngine(monitor: RecordingMonitor, project: string, stack: string) {
  // The monitor names its resources after the project and stack of this process.
  pulumi.runtime.setMockOptions(monitor, project, stack);
  /** The engine's log of the program, with severities. */
  const log: { severity: number; message: string }[] = [];
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1 });
  server.addService(ResourceMonitorService, {
    supportsFeature({ request }, callback) {
      const response = new SupportsFeatureResponse();
      response.setHassupport(!unsupportedFeatures.has(request.getId()));
      callback(null, response);
    },
    invoke: ({ request }, callback) => monitor.invoke(request, callback),
    registerResource: ({ request }, callback) => monitor.registerResource(request, callback),
    registerResourceOutputs: ({ request }, callback) =>
      monitor.registerResourceOutputs(request, (error: Error | null) => callback(error, new Empty())),
    signalAndWaitForShutdown: (_, callback) => callback(null, new Empty()),
  } satisfies Partial<IResourceMonitorServer>);
  server.addService(EngineService, {
    log({ request }, callback) {
      log.push({ severity: request.getSeverity(), message: request.getMessage() });
      callback(null, new Empty());
    },
    getRootResource: (_, callback) => callback(null, new GetRootResourceResponse()),
    setRootResource: (_, callback) => callback(null, new SetRootResourceResponse()),
  } satisfies Partial<IEngineServer>);
  const bind = promisify(server.bindAsync.bind(server));
  const port = await bind("127.0.0.1:0", grpc.ServerCredentials.createInsecure());
  return {
    /** `127.0.0.1:port`, for both. */
    address: `127.0.0.1:${port}`,
    log,
    stop: () => new Promise<void>((resolve) => server.tryShutdown(() => resolve())),
  };
}
