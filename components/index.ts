export { certificatesOf, rdsRoots, trustPem } from "../build/rootsOfTrust";
export { archiveOf } from "./code";
export { EncryptionKey, type EncryptionKeyArgs, type EncryptionKeyResources } from "./encryptionKey";
export { generatedPassword } from "./generatedPassword";
export { type InsightsQuery, insightsQueries } from "./insights";
export { NetworkPath, type NetworkPathArgs } from "./networkPath";
export { RotatedSecret, type RotatedSecretResources, seedLabel } from "./rotatedSecret";
export type { Replica, RotatedSecretArgs } from "./rotatedSecretArgs";
export { RotationFunction, type RotationFunctionArgs, type RotationFunctionResources } from "./rotationFunction";
export {
  RotationMonitoring,
  type RotationMonitoringArgs,
  type RotationMonitoringResources,
} from "./rotationMonitoring";
export { runtimeWarning } from "./runtimes";
export { longestInterval, type RotationRules, scheduleProblems, spreadStart } from "./schedule";
export {
  SecretsManagerEndpoint,
  type SecretsManagerEndpointArgs,
  type SecretsManagerEndpointResources,
} from "./secretsManagerEndpoint";
export { Strategy } from "./strategy";
export type { Transform, TransformOptions } from "./transform";
