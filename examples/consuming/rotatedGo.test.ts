import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deployedSecret } from "../../proofs/world/deployedSecret";
import { staysLoggedIn } from "../testing/staysLoggedIn";

/** For each line of input: opens a connection, and prints the current user. */
const main = `package main

import (
	"bufio"
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

func main() {
	ctx := context.Background()
	credentials := func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
	}
	client := secretsmanager.New(secretsmanager.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(os.Getenv("ENDPOINT")),
		Credentials:  aws.CredentialsProviderFunc(credentials),
	})
	pool, err := Pool(ctx, client, os.Getenv("SECRET"), os.Getenv("DATABASE_URL"))
	if err != nil {
		panic(err)
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); pool.Reset() {
		var user string
		if err := pool.QueryRow(ctx, "SELECT current_user").Scan(&user); err != nil {
			user = err.Error()
		}
		fmt.Println(user)
	}
}
`;

/** Builds the client, only with modules that are on this machine. @returns whether it could be built */
function build(folder: string): boolean {
  const source = readFileSync(join(__dirname, "go/rotated.go"), "utf8");
  writeFileSync(join(folder, "rotated.go"), source.replace("package rotated", "package main"));
  writeFileSync(join(folder, "main.go"), main);
  for (const file of ["go.mod", "go.sum"]) copyFileSync(join(__dirname, "go", file), join(folder, file));
  const env = { ...process.env, GOPROXY: "off", GOFLAGS: "-mod=mod" };
  return spawnSync("go", ["build", "-o", "client", "."], { cwd: folder, env }).status === 0;
}

describe("rotated.go", () => {
  it("after a rotation, a new connection of the pool logs in with the new password", async function () {
    const folder = mkdtempSync(join(tmpdir(), "rotated-go-"));
    try {
      if (!build(folder)) this.skip();
      const secret = await deployedSecret();
      const { host, port } = secret.deployment.postgres;
      const child = spawn(join(folder, "client"), {
        stdio: ["pipe", "pipe", "inherit"],
        env: {
          ENDPOINT: secret.deployment.service.endpoint,
          SECRET: secret.arn,
          DATABASE_URL: `postgres://${host}:${port}/postgres?sslmode=verify-full&sslrootcert=${process.env.NODE_EXTRA_CA_CERTS}`,
        },
      });
      await staysLoggedIn(child, secret);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
