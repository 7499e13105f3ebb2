import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { cidrProblem } from "./cidr";
import { portProblem } from "./databaseProblems";

export interface NetworkPathArgs {
  /** Security group of the source. */
  fromSecurityGroupId: pulumi.Input<string>;
  /** Security group of the destination. Set either this or `cidrIpv4`. */
  toSecurityGroupId?: pulumi.Input<string>;
  /** Addresses of the destination, if a rule cannot name its security group (another VPC, a data center). */
  cidrIpv4?: pulumi.Input<string>;
  /** TCP port. */
  port: pulumi.Input<number>;
  /** Description of both rules. */
  description: pulumi.Input<string>;
  /** Tags of the rules. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** The security group rules of one connection: egress from the source and ingress to the destination, on one port. */
export class NetworkPath extends pulumi.ComponentResource {
  /** IDs of the rules. A resource that uses the path depends on them. */
  public readonly ruleIds: pulumi.Output<string[]>;

  constructor(name: string, args: NetworkPathArgs, opts?: pulumi.ComponentResourceOptions) {
    super("secrets-rotation:index:NetworkPath", name, {}, opts);
    const { fromSecurityGroupId, toSecurityGroupId, cidrIpv4, port, description } = args;
    if ((toSecurityGroupId === undefined) === (cidrIpv4 === undefined)) {
      throw new Error("set either `toSecurityGroupId` or `cidrIpv4`");
    }
    const problem = typeof cidrIpv4 === "string" ? cidrProblem(cidrIpv4) : undefined;
    if (problem !== undefined) throw new Error(`NetworkPath ${name}: \`cidrIpv4\` ${problem}`);
    const badPort = portProblem(port);
    if (badPort !== undefined) throw new Error(`NetworkPath ${name}: \`port\`: ${badPort}`);
    const common = { ipProtocol: "tcp", fromPort: port, toPort: port, description, tags: args.tags ?? {} };
    const egress = new aws.vpc.SecurityGroupEgressRule(
      name,
      {
        ...common,
        securityGroupId: fromSecurityGroupId,
        ...(toSecurityGroupId !== undefined && { referencedSecurityGroupId: toSecurityGroupId }),
        ...(cidrIpv4 !== undefined && { cidrIpv4 }),
      },
      { parent: this },
    );
    const rules: pulumi.Output<string>[] = [egress.id];
    if (toSecurityGroupId !== undefined) {
      const ingress = new aws.vpc.SecurityGroupIngressRule(
        name,
        { ...common, securityGroupId: toSecurityGroupId, referencedSecurityGroupId: fromSecurityGroupId },
        { parent: this },
      );
      rules.push(ingress.id);
    }
    this.ruleIds = pulumi.all(rules);
    this.registerOutputs({ ruleIds: this.ruleIds });
  }
}
