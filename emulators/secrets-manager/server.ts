import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { type Listening, listen } from "../listen";
import { ServiceError } from "./errors";

/** Answers one request, given the operation's name and the parsed body. @throws ServiceError */
export type Dispatch = (operation: string, body: Record<string, unknown>) => Promise<object>;

/** Thrown by a dispatch to close the connection without an answer. */
export class ConnectionDropped extends Error {}

const CONTENT_TYPE = "application/x-amz-json-1.1";
const TARGET = "secretsmanager.";

/**
 * Serves the AWS JSON 1.1 protocol (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html) on the loopback
 * interface, on a free port. It does not check signatures, so that plain HTTP clients can use it.
 */
export function serve(dispatch: Dispatch): Promise<Listening> {
  const server = createServer((request, response) => {
    handle(request, dispatch).then(
      (answer) => send(response, 200, answer),
      (error: unknown) => {
        if (error instanceof ConnectionDropped) request.socket.destroy();
        else sendError(response, error);
      },
    );
  });
  // The number of a client's connections must not depend on the speed of the machine.
  server.keepAliveTimeout = 0;
  return listen(server);
}

async function handle(request: IncomingMessage, dispatch: Dispatch): Promise<object> {
  const body = await text(request);
  const target = request.headers["x-amz-target"];
  const isOurs = typeof target === "string" && target.startsWith(TARGET);
  if (!isOurs || request.method !== "POST" || !request.headers["content-type"]?.startsWith(CONTENT_TYPE)) {
    throw new ServiceError("UnknownOperationException", "");
  }
  return dispatch(target.slice(TARGET.length), parse(body));
}

function parse(json: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(json);
  } catch {
    throw new ServiceError("SerializationException", "The request's body is not JSON.");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new ServiceError("SerializationException", "The request's body is not a JSON object.");
  }
  return body as Record<string, unknown>;
}

// Errors of the protocol have a lowercase "message", those of the service an uppercase "Message".
const PROTOCOL_ERRORS = new Set(["ValidationException", "SerializationException", "UnknownOperationException"]);

function sendError(response: ServerResponse, cause: unknown): void {
  const error =
    cause instanceof ServiceError
      ? cause
      : new ServiceError("InternalServiceError", `A bug in the emulator: ${cause}`, 500);
  response.setHeader("x-amzn-errortype", error.type);
  const key = PROTOCOL_ERRORS.has(error.type) ? "message" : "Message";
  send(response, error.status, { __type: error.type, [key]: error.message });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": CONTENT_TYPE, "x-amzn-requestid": randomUUID() });
  response.end(JSON.stringify(body));
}
