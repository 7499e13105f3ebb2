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
    .apply(([{ partition, dnsSuffix }, { region }, { accountId }]) => ({ partition, dnsSuffix, region, accountId }));
}

/** ARN of a resource of the context's region and account. */
export function arn(ctx: AwsContext, service: string, resource: string): string {
  return `arn:${ctx.partition}:${service}:${ctx.region}:${ctx.accountId}:${resource}`;
}
