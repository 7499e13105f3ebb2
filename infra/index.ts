import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { rotationFunctionFiles } from "../build/bundle";
import { archiveOf, RotationFunction, RotationMonitoring, secretNamePatterns } from "../components";
import { readConfig } from "./config";
import { configuredTargets, makeSecrets } from "./databases";
import { makeDevDatabase } from "./devDatabase";
import { encryptionKey } from "./encryption";
import { environmentOf } from "./environment";
import { lookUpExisting } from "./existing";
import { makeNetwork } from "./network";
import { omitUndefined } from "./omitUndefined";
import { warnOfOtherSecrets } from "./otherSecrets";
import { makeOutputs } from "./outputs";
import { makeQueries } from "./queries";
import { withDefaultTags } from "./tags";
import { warnOfDeprecatedRuntime, warnOfMissingRoots, warnOfSingleZone, warnOfWidePattern } from "./warnings";

/** The Pulumi program: creates the resources of a stack from its configuration, and returns its outputs. */
export = async function program(): Promise<Record<string, pulumi.Output<unknown>>> {
  const configured = readConfig();
  const settings = {
    ...configured,
    tags: withDefaultTags(configured.tags),
    protect: configured.protect ?? configured.databases !== undefined,
  };
  const prefix = `${pulumi.getStack()}-secrets-rotation`;
  const { tags } = settings;
  warnOfDeprecatedRuntime(settings);
  const subnets = await lookUpExisting(configured);
  warnOfSingleZone(subnets);
  await warnOfOtherSecrets(configured);

  const kmsKeyArn = encryptionKey(prefix, settings);
  const { endpointUrl, ...network } = makeNetwork(prefix, settings, subnets, kmsKeyArn);
  const targets =
    settings.network === undefined
      ? [makeDevDatabase(prefix, network, kmsKeyArn, settings)]
      : configuredTargets(settings);
  const secretNames = targets.map(({ secretName }) => secretName);
  const patterns = secretNamePatterns(secretNames);
  const { region } = aws.getRegionOutput({});
  warnOfMissingRoots(region, settings);
  warnOfWidePattern(patterns);

  const variables = environmentOf(settings);
  const rotationFunction = new RotationFunction(prefix, {
    name: prefix,
    code: region.apply((name) => archiveOf(rotationFunctionFiles(name, settings.databaseCa))),
    ...network,
    kmsKeyArn,
    secretNamePatterns: patterns,
    adminSecretArns: [...new Set((settings.databases ?? []).flatMap(({ adminSecretArn }) => adminSecretArn ?? []))],
    additionalKmsKeyArns: settings.additionalKmsKeyArns,
    adminDatabase: settings.adminDatabase,
    environment: { ...variables, ...omitUndefined({ SECRETS_MANAGER_ENDPOINT: endpointUrl }) },
    ...omitUndefined(settings.function),
    tags,
  });
  const secrets = makeSecrets(prefix, targets, rotationFunction, kmsKeyArn, settings);
  const monitoring = new RotationMonitoring(prefix, {
    functionName: rotationFunction.name,
    functionArn: rotationFunction.arn,
    logGroupName: rotationFunction.logGroupName,
    kmsKeyArn,
    secretNamePatterns: patterns,
    timeout: settings.function.timeout,
    ...omitUndefined(settings.alarms),
    tags,
  });

  makeQueries(prefix, rotationFunction.logGroupName);

  return makeOutputs(secretNames, secrets, rotationFunction, monitoring, {
    ...variables,
    ADMIN_DATABASE: settings.adminDatabase,
  });
};
