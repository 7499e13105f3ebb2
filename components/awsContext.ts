import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Partition, region and account of a component's resources: the parts of an ARN. */
export interface AwsContext {
  /** `aws`, `aws-cn`, `aws-us-gov`, … */
  partition: string;
  /** `amazonaws.com` in most partitions. */
  dnsSuffix: string;
  region: string;
  accountId: string;
}

/** Gets the partition, the region and the account from the provider of `parent`. */
export function awsContext(parent: pulumi.Resource): pulumi.Output<AwsContext> {
  return pulumi
    .all([
      aws.getPartitionOutput({}, { parent }),
      aws.getRegionOutput({}, { parent }),
      aws.getCallerIdentityOutput({}, { parent }),
    ])
    .apply(([{ partition, dnsSuffix }, { region }, { accountId }]) => {
      const problem = partitionProblem(region);
      if (problem !== undefined) throw new Error(problem);
      return { partition, dnsSuffix, region, accountId };
    });
}

/** The partition of a region. */
export function partitionOf(region: string): string {
  const [prefix] = /^(cn|us-gov|us-iso[a-z]*|eu-isoe|eusc)(?=-)/.exec(region) ?? [];
  return prefix === undefined ? "aws" : `aws-${prefix.replace(/^(us|eu)-iso/, "iso")}`;
}

/**
 * Why the region's partition is refused, or undefined. In other partitions, names of endpoints, services and certificates
 * differ in ways that were never tried.
 */
export function partitionProblem(region: string): string | undefined {
  const partition = partitionOf(region);
  return ["aws", "aws-us-gov"].includes(partition)
    ? undefined
    : `${region} is in the partition ${partition}, which is not supported: use a region of aws or aws-us-gov`;
}

/** Host of the AWS console. */
export function consoleHost(region: string): string {
  return partitionOf(region) === "aws-us-gov" ? "console.amazonaws-us-gov.com" : "console.aws.amazon.com";
}

/** URL of the RDS root certificates of a region. */
export function rdsBundleUrl(region: string): string {
  const host = partitionOf(region) === "aws-us-gov" ? "truststore.pki.us-gov-west-1" : "truststore.pki";
  return `https://${host}.rds.amazonaws.com/${region}/${region}-bundle.pem`;
}

/** ARN of a resource of the context's region and account. */
export function arn(ctx: AwsContext, service: string, resource: string): string {
  return `arn:${ctx.partition}:${service}:${ctx.region}:${ctx.accountId}:${resource}`;
}
