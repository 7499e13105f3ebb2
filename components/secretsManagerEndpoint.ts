import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { awsContext } from "./awsContext";
import { endpointPolicy } from "./policies";
import { applyTransform, type TransformOptions } from "./transform";

/** The resources of a {@link SecretsManagerEndpoint} that `transform` can change. */
export interface SecretsManagerEndpointResources {
  endpoint: aws.ec2.VpcEndpointArgs;
}

export interface SecretsManagerEndpointArgs {
  /** ID of the VPC of the endpoint. */
  vpcId: pulumi.Input<string>;
  /** Subnets in different Availability Zones. */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Whether the host name of Secrets Manager resolves to this endpoint for all clients in the VPC, although only the
   * function is allowed to connect. If other clients in the VPC use Secrets Manager, set false, and pass `url` to the
   * function.
   * @default true
   */
  privateDns?: boolean;
  /** Tags of the endpoint and its security group. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** An interface endpoint of Secrets Manager. Its security group allows no connection until a rule is added. */
export class SecretsManagerEndpoint extends pulumi.ComponentResource {
  /** Security group of the endpoint. Known after the endpoint is created, so that its users depend on it. */
  public readonly securityGroupId: pulumi.Output<string>;
  /** ID of the endpoint. */
  public readonly endpointId: pulumi.Output<string>;
  /** URL of the endpoint, for the function's `SECRETS_MANAGER_ENDPOINT`. */
  public readonly url: pulumi.Output<string>;

  constructor(
    name: string,
    args: SecretsManagerEndpointArgs,
    opts?: TransformOptions<SecretsManagerEndpointResources>,
  ) {
    super("secrets-rotation:index:SecretsManagerEndpoint", name, {}, opts);
    const ctx = awsContext(this);
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
      applyTransform(opts, "endpoint", {
        vpcId: args.vpcId,
        serviceName: ctx.apply(({ region }) => `com.amazonaws.${region}.secretsmanager`),
        vpcEndpointType: "Interface",
        subnetIds: args.subnetIds,
        securityGroupIds: [group.id],
        privateDnsEnabled: privateDns,
        policy: ctx.apply((context) => JSON.stringify(endpointPolicy(context))),
        tags: args.tags ?? {},
      }),
      { parent: this },
    );
    this.securityGroupId = pulumi.all([group.id, endpoint.id]).apply(([id]) => id);
    this.endpointId = endpoint.id;
    this.url = privateDns
      ? ctx.apply(({ region, dnsSuffix }) => `https://secretsmanager.${region}.${dnsSuffix}`)
      : // The first name is the one of all Availability Zones. A mock that returns only the inputs has no name.
        endpoint.dnsEntries.apply((names?: { dnsName: string }[]) => `https://${names?.[0]?.dnsName}`);
    this.registerOutputs({ securityGroupId: this.securityGroupId, endpointId: this.endpointId, url: this.url });
  }
}
