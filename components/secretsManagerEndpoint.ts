import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { endpointPolicy } from "./policies";
import { type TransformOptions, transformed } from "./transform";
import { whereabouts } from "./whereabouts";

/** The resources of a {@link SecretsManagerEndpoint} that `transform` may change. */
export interface SecretsManagerEndpointResources {
  endpoint: aws.ec2.VpcEndpointArgs;
}

export interface SecretsManagerEndpointArgs {
  /** The VPC that gets the endpoint. */
  vpcId: pulumi.Input<string>;
  /** Subnets in different zones. */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Whether Secrets Manager's own host name leads to this endpoint, for everything in the VPC, though only the function
   * is let in. Where others in the VPC use Secrets Manager, set false and give the function `url`. Default true.
   */
  privateDns?: boolean;
  /** Tags of the endpoint and its security group. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** The way from a VPC without internet to Secrets Manager; nobody is let in until a rule says so. */
export class SecretsManagerEndpoint extends pulumi.ComponentResource {
  /** Security group that guards the endpoint; known once the endpoint answers, so that what uses it comes after it. */
  public readonly securityGroupId: pulumi.Output<string>;
  /** ID of the endpoint. */
  public readonly endpointId: pulumi.Output<string>;
  /** Where the API answers, for the function's `SECRETS_MANAGER_ENDPOINT`. */
  public readonly url: pulumi.Output<string>;

  constructor(
    name: string,
    args: SecretsManagerEndpointArgs,
    opts?: TransformOptions<SecretsManagerEndpointResources>,
  ) {
    super("secrets-rotation:index:SecretsManagerEndpoint", name, {}, opts);
    const at = whereabouts(this);
    const privateDns = args.privateDns ?? true;
    const group = new aws.ec2.SecurityGroup(
      name,
      {
        description: "Secrets Manager endpoint: lets the rotation function in",
        vpcId: args.vpcId,
        tags: args.tags ?? {},
      },
      { parent: this },
    );
    const endpoint = new aws.ec2.VpcEndpoint(
      name,
      transformed(opts, "endpoint", {
        vpcId: args.vpcId,
        serviceName: at.apply(({ region }) => `com.amazonaws.${region}.secretsmanager`),
        vpcEndpointType: "Interface",
        subnetIds: args.subnetIds,
        securityGroupIds: [group.id],
        privateDnsEnabled: privateDns,
        policy: at.apply((where) => JSON.stringify(endpointPolicy(where))),
        tags: args.tags ?? {},
      }),
      { parent: this },
    );
    this.securityGroupId = pulumi.all([group.id, endpoint.id]).apply(([id]) => id);
    this.endpointId = endpoint.id;
    this.url = privateDns
      ? at.apply(({ region, dnsSuffix }) => `https://secretsmanager.${region}.${dnsSuffix}`)
      : // The first of its names is that of all zones together. A mock that answers with the inputs alone has none.
        endpoint.dnsEntries.apply((names?: { dnsName: string }[]) => `https://${names?.[0]?.dnsName}`);
    this.registerOutputs({ securityGroupId: this.securityGroupId, endpointId: this.endpointId, url: this.url });
  }
}
