import { type AddressInfo, createServer, type Socket } from "node:net";

/** Behaviors of real servers that a test cannot wait for. */
export type Behaviour =
  /** It does not support TLS. */
  | "no TLS"
  /** It closes the connection. */
  | "hangs up"
  /** It asks for the password in clear text. */
  | "asks for the password in clear"
  /** It answers with this SQLSTATE and message. */
  | { readonly sqlState: string; readonly message: string };

export interface FakePostgres {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A server that implements PostgreSQL's protocol only as far as its behavior requires
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html).
 */
export async function fakePostgres(behaviour: Behaviour): Promise<FakePostgres> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => {
      if (behaviour === "hangs up") socket.destroy();
      else if (behaviour === "no TLS") socket.write("N");
      else if (behaviour === "asks for the password in clear") socket.write(message("R", Buffer.from([0, 0, 0, 3])));
      else socket.end(message("E", Buffer.from(`SFATAL\0C${behaviour.sqlState}\0M${behaviour.message}\0\0`)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}
