import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";

/** The services that the commands talk to. */
export interface Clients {
  readonly secretsManager: SecretsManagerClient;
  /** Undefined where only Secrets Manager has a local stand-in: what the others would say is not known then. */
  readonly aws:
    | { readonly logs: CloudWatchLogsClient; readonly cloudWatch: CloudWatchClient; readonly sns: SNSClient }
    | undefined;
  /** Whether Secrets Manager is one on this machine. */
  readonly local: boolean;
  destroy(): void;
}

/**
 * Clients with the SDK's usual credentials, region and `AWS_ENDPOINT_URL_*`. `SECRETS_MANAGER_ENDPOINT` goes first for
 * Secrets Manager; where that is plain HTTP on this machine, made-up credentials do, and the other services are spoken
 * to only at endpoints that are named as well.
 */
export function createClients(env: NodeJS.ProcessEnv, region: string | undefined): Clients {
  const endpoint = env.SECRETS_MANAGER_ENDPOINT;
  const local = endpoint !== undefined && isLocal(endpoint);
  const elsewhere = [env.AWS_ENDPOINT_URL, env.AWS_ENDPOINT_URL_CLOUDWATCH_LOGS].some(Boolean);
  const madeUp = local && !env.AWS_ACCESS_KEY_ID && !env.AWS_PROFILE;
  const config = {
    ...(region !== undefined || local ? { region: region || env.AWS_REGION || "us-east-1" } : {}),
    ...(madeUp && { credentials: { accessKeyId: "local", secretAccessKey: "local" } }),
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  };
  const at = (url: string | undefined) => (url ? { endpoint: url } : {});
  const secretsManager = new SecretsManagerClient({ ...config, ...at(endpoint) });
  const aws =
    local && !elsewhere
      ? undefined
      : {
          logs: new CloudWatchLogsClient({ ...config, ...at(env.AWS_ENDPOINT_URL_CLOUDWATCH_LOGS) }),
          cloudWatch: new CloudWatchClient({ ...config, ...at(env.AWS_ENDPOINT_URL_CLOUDWATCH) }),
          sns: new SNSClient({ ...config, ...at(env.AWS_ENDPOINT_URL_SNS) }),
        };
  return {
    secretsManager,
    aws,
    local,
    destroy() {
      secretsManager.destroy();
      for (const client of Object.values(aws ?? {})) client.destroy();
    },
  };
}

function isLocal(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}
