import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { RDSClient } from "@aws-sdk/client-rds";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { UsageError } from "./terminal/commandLine";

/** Clients of the services that the commands use. */
export type Clients = ReturnType<typeof createClients>;

/**
 * Creates clients with the SDK's usual credentials, region and `AWS_ENDPOINT_URL_*`. `SECRETS_MANAGER_ENDPOINT`
 * overrides the endpoint of Secrets Manager. If it is plain HTTP on this machine, the clients use placeholder
 * credentials, and the other services only if they have endpoints, too.
 *
 * @throws UsageError if `SECRETS_MANAGER_ENDPOINT` is not a URL.
 */
export function createClients(env: NodeJS.ProcessEnv, region: string | undefined) {
  const endpoint = env.SECRETS_MANAGER_ENDPOINT;
  const local = endpoint !== undefined && isLocal(endpoint);
  const hasOtherEndpoints = [env.AWS_ENDPOINT_URL, env.AWS_ENDPOINT_URL_CLOUDWATCH_LOGS].some(Boolean);
  const usesPlaceholder = local && !env.AWS_ACCESS_KEY_ID && !env.AWS_PROFILE;
  const config = {
    ...(region !== undefined || local ? { region: region || env.AWS_REGION || "us-east-1" } : {}),
    ...(usesPlaceholder && { credentials: { accessKeyId: "local", secretAccessKey: "local" } }),
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  };
  const endpointOption = (url: string | undefined) => (url ? { endpoint: url } : {});
  const secretsManager = new SecretsManagerClient({ ...config, ...endpointOption(endpoint) });
  const aws =
    local && !hasOtherEndpoints
      ? undefined
      : {
          logs: new CloudWatchLogsClient({ ...config, ...endpointOption(env.AWS_ENDPOINT_URL_CLOUDWATCH_LOGS) }),
          cloudWatch: new CloudWatchClient({ ...config, ...endpointOption(env.AWS_ENDPOINT_URL_CLOUDWATCH) }),
          sns: new SNSClient({ ...config, ...endpointOption(env.AWS_ENDPOINT_URL_SNS) }),
        };
  const rdsUrl = env.AWS_ENDPOINT_URL_RDS || env.AWS_ENDPOINT_URL;
  const rds = local && !rdsUrl ? undefined : new RDSClient({ ...config, ...endpointOption(rdsUrl) });
  return {
    secretsManager,
    /** Undefined if Secrets Manager is an emulator, and RDS has no endpoint. */
    rds,
    /** Undefined if only Secrets Manager has a local emulator. */
    aws,
    /** Whether Secrets Manager is an emulator on this machine. */
    local,
    destroy(): void {
      secretsManager.destroy();
      rds?.destroy();
      for (const client of Object.values(aws ?? {})) client.destroy();
    },
  };
}

function isLocal(endpoint: string): boolean {
  if (!/^https?:/.test(endpoint) || !URL.canParse(endpoint)) {
    throw new UsageError(`SECRETS_MANAGER_ENDPOINT must be a URL, such as http://localhost:4566, not ${endpoint}`);
  }
  const { protocol, hostname } = new URL(endpoint);
  return protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}
