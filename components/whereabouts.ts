import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Where a component's resources live: what ARNs are made of. */
export interface Whereabouts {
  /** `aws`, `aws-cn`, `aws-us-gov`, … */
  partition: string;
  /** `amazonaws.com` in most partitions. */
  dnsSuffix: string;
  region: string;
  accountId: string;
}

/** Asks the provider of `parent` for its partition, region and account: nothing about them is written out anywhere. */
export function whereabouts(parent: pulumi.Resource): pulumi.Output<Whereabouts> {
  return pulumi
    .all([
      aws.getPartitionOutput({}, { parent }),
      aws.getRegionOutput({}, { parent }),
      aws.getCallerIdentityOutput({}, { parent }),
    ])
    .apply(([{ partition, dnsSuffix }, { region }, { accountId }]) => ({ partition, dnsSuffix, region, accountId }));
}

/** ARN of something that is named by region and account. */
export function arn(at: Whereabouts, service: string, resource: string): string {
  return `arn:${at.partition}:${service}:${at.region}:${at.accountId}:${resource}`;
}
