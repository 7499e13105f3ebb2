import * as grpc from "@grpc/grpc-js";
import * as pulumi from "@pulumi/pulumi";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { GetRootResourceResponse, type LogRequest, SetRootResourceResponse } from "@pulumi/pulumi/proto/engine_pb";
import type { InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import {
  type RegisterResourceOutputsRequest,
  type RegisterResourceRequest,
  type RegisterResourceResponse,
  type ResourceInvokeRequest,
  type SupportsFeatureRequest,
  SupportsFeatureResponse,
} from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { RecordingMonitor } from "./recordedStack";

/** An engine and its resource monitor, for another process. */
export interface GrpcEngine {
  /** `127.0.0.1:port`, for both. */
  address: string;
  /** The engine's log of the program, with severities. */
  log: { severity: number; message: string }[];
  stop(): Promise<void>;
}

type Call<Request, Response> = grpc.ServerUnaryCall<Request, Response>;
type Callback<Response> = grpc.sendUnaryData<Response>;

/** Features that need a server in the program, or change the form of inputs. */
const withheld = new Set(["transforms", "invokeTransforms", "outputValues"]);

/** Serves a recording monitor over gRPC until it is stopped. */
export async function serveEngine(monitor: RecordingMonitor, project: string, stack: string): Promise<GrpcEngine> {
  // The monitor names its resources after the project and stack of this process.
  pulumi.runtime.setMockOptions(monitor, project, stack);
  const log: GrpcEngine["log"] = [];
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1 });
  server.addService(ResourceMonitorService, {
    supportsFeature: (
      call: Call<SupportsFeatureRequest, SupportsFeatureResponse>,
      callback: Callback<SupportsFeatureResponse>,
    ) => {
      const response = new SupportsFeatureResponse();
      response.setHassupport(!withheld.has(call.request.getId()));
      callback(null, response);
    },
    invoke: (call: Call<ResourceInvokeRequest, InvokeResponse>, callback: Callback<InvokeResponse>) =>
      monitor.invoke(call.request, callback),
    registerResource: (
      call: Call<RegisterResourceRequest, RegisterResourceResponse>,
      callback: Callback<RegisterResourceResponse>,
    ) => monitor.registerResource(call.request, callback),
    registerResourceOutputs: (call: Call<RegisterResourceOutputsRequest, Empty>, callback: Callback<Empty>) =>
      monitor.registerResourceOutputs(call.request, (error: Error | null) => callback(error, new Empty())),
    signalAndWaitForShutdown: (_: Call<Empty, Empty>, callback: Callback<Empty>) => callback(null, new Empty()),
  });
  server.addService(EngineService, {
    log: (call: Call<LogRequest, Empty>, callback: Callback<Empty>) => {
      log.push({ severity: call.request.getSeverity(), message: call.request.getMessage() });
      callback(null, new Empty());
    },
    getRootResource: (_: Call<Empty, GetRootResourceResponse>, callback: Callback<GetRootResourceResponse>) =>
      callback(null, new GetRootResourceResponse()),
    setRootResource: (_: Call<Empty, SetRootResourceResponse>, callback: Callback<SetRootResourceResponse>) =>
      callback(null, new SetRootResourceResponse()),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    log,
    stop: () => new Promise((resolve) => server.tryShutdown(() => resolve())),
  };
}
