import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface NetworkPathArgs {
  /** Security group that connects. */
  fromSecurityGroupId: pulumi.Input<string>;
  /** Security group of what is connected to. Either this or `cidrIpv4`. */
  toSecurityGroupId?: pulumi.Input<string>;
  /** Addresses of what is connected to, where it has no security group in reach (another VPC, a data centre). */
  cidrIpv4?: pulumi.Input<string>;
  /** TCP port. */
  port: pulumi.Input<number>;
  /** What the path is for; stands on both rules. */
  description: pulumi.Input<string>;
  /** Tags of the rules. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** One way through two security groups: out of the first and into the second, on one port. */
export class NetworkPath extends pulumi.ComponentResource {
  /** IDs of the rules: what uses the path comes after them. */
  public readonly ruleIds: pulumi.Output<string[]>;

  constructor(name: string, args: NetworkPathArgs, opts?: pulumi.ComponentResourceOptions) {
    super("secrets-rotation:index:NetworkPath", name, {}, opts);
    if ((args.toSecurityGroupId === undefined) === (args.cidrIpv4 === undefined)) {
      throw new Error("set either `toSecurityGroupId` or `cidrIpv4`");
    }
    const common = {
      ipProtocol: "tcp",
      fromPort: args.port,
      toPort: args.port,
      description: args.description,
      tags: args.tags ?? {},
    };
    const egress = new aws.vpc.SecurityGroupEgressRule(
      name,
      {
        ...common,
        securityGroupId: args.fromSecurityGroupId,
        ...(args.toSecurityGroupId === undefined ? {} : { referencedSecurityGroupId: args.toSecurityGroupId }),
        ...(args.cidrIpv4 === undefined ? {} : { cidrIpv4: args.cidrIpv4 }),
      },
      { parent: this },
    );
    const rules: pulumi.Output<string>[] = [egress.id];
    if (args.toSecurityGroupId !== undefined) {
      const ingress = new aws.vpc.SecurityGroupIngressRule(
        name,
        { ...common, securityGroupId: args.toSecurityGroupId, referencedSecurityGroupId: args.fromSecurityGroupId },
        { parent: this },
      );
      rules.push(ingress.id);
    }
    this.ruleIds = pulumi.all(rules);
    this.registerOutputs({ ruleIds: this.ruleIds });
  }
}
