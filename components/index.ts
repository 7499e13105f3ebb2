export { certificatesOf, rdsRoots, trustPem } from "../build/rootsOfTrust";
export { databaseTag, settingTags, usernameTag } from "../rotation-fn/secret/settings";
export { consoleHost, partitionOf, partitionProblem, rdsBundleUrl } from "./awsContext";
export { cidrProblem } from "./cidr";
export {
  type DatabaseArguments,
  loginsOf,
  maxDestinations,
  maxTagLength,
  maxTags,
  nameInArn,
  nameProblem,
  type Problem,
  problemsBetween,
  roleProblem,
  settingCount,
  textProblems,
} from "./databaseProblems";
export { EncryptionKey, type EncryptionKeyArgs, type EncryptionKeyResources } from "./encryptionKey";
export { generatedPassword } from "./generatedPassword";
export { type InsightsQuery, insightsQueries } from "./insights";
export { NetworkPath, type NetworkPathArgs } from "./networkPath";
export { archiveOf } from "./packagedHandler";
export { passwordProblems } from "./passwordProblems";
export { fitsInPolicy } from "./policyLength";
export { RotatedSecret, type RotatedSecretResources, seedLabel } from "./rotatedSecret";
export type { Replica, RotatedSecretArgs } from "./rotatedSecretArgs";
export { RotationFunction, type RotationFunctionResources } from "./rotationFunction";
export type { RotationFunctionArgs } from "./rotationFunctionArgs";
export { RotationMonitoring, type RotationMonitoringResources } from "./rotationMonitoring";
export type { RotationMonitoringArgs } from "./rotationMonitoringArgs";
export { runtimeProblem, runtimes, runtimeWarning } from "./runtimes";
export {
  longestInterval,
  mostDays,
  type RotationRules,
  scheduleProblems,
  scheduleRules,
  spreadStart,
} from "./schedule";
export { secretNamePatterns } from "./secretNamePatterns";
export {
  SecretsManagerEndpoint,
  type SecretsManagerEndpointArgs,
  type SecretsManagerEndpointResources,
} from "./secretsManagerEndpoint";
export { Strategy } from "./strategy";
export { tagKeyProblems, tagTextProblem } from "./tagProblems";
export type { Transform, TransformOptions } from "./transform";
