import { DEFAULT_SCHEMA, dump, Type } from "js-yaml";
import { maxDestinations } from "../../components/databaseProblems";
import { fitsInPolicy } from "../../components/policyLength";
import type { Assessment } from "./assessment";

/** The configuration of one stack, for the databases of one VPC. */
export type StackConfiguration = ReturnType<typeof configurations>[number];

/**
 * The configurations that adopt the secrets that are ready: one for each VPC, or several if its databases have more
 * security groups or administrators than one function can have.
 */
export function configurations(assessments: readonly Assessment[], region: string) {
  const ready = assessments.filter(({ verdict }) => verdict === "ready");
  const vpcIds = [...new Set(ready.flatMap(({ server }) => server?.vpcId ?? []))].sort();
  return vpcIds.flatMap((vpcId) =>
    stacksOf(ready.filter(({ server }) => server?.vpcId === vpcId)).map((own) => {
      const databases = own.flatMap(({ database }) => database ?? []);
      const subnetIds = [...new Set(own.flatMap(({ server }) => server?.subnetIds ?? []))].sort().slice(0, 16);
      const additionalKmsKeyArns = [...new Set(own.flatMap(({ kmsKeyArns }) => kmsKeyArns))].sort();
      /** Content of `config:` in `Pulumi.<stack>.yaml`. */
      const config = {
        "aws:region": region,
        "secrets-rotation:network": { vpcId, subnetIds },
        "secrets-rotation:databases": databases,
        ...(additionalKmsKeyArns.length > 0 && { "secrets-rotation:additionalKmsKeyArns": additionalKmsKeyArns }),
      };
      return { vpcId, config, databases };
    }),
  );
}

/** Splits the secrets of a VPC into the fewest consecutive groups that fit into a stack. */
function stacksOf(all: readonly Assessment[]): Assessment[][] {
  const stacks: Assessment[][] = [];
  for (const one of all) {
    const last = stacks.at(-1);
    if (last !== undefined && fitsInStack([...last, one])) last.push(one);
    else stacks.push([one]);
  }
  return stacks;
}

function fitsInStack(assessments: readonly Assessment[]): boolean {
  const databases = assessments.flatMap(({ database }) => database ?? []);
  const destinations = new Set(databases.map(({ securityGroupId, port = 5432 }) => `${securityGroupId}-${port}`));
  return (
    destinations.size <= maxDestinations &&
    fitsInPolicy(
      assessments.map(({ name }) => name),
      databases.flatMap(({ adminSecretArn }) => adminSecretArn ?? []),
      assessments.flatMap(({ kmsKeyArns }) => kmsKeyArns),
    )
  );
}

/** Texts that Pulumi's parser reads as numbers, such as `1_000`: they need quotes. */
const numberInQuotes = new Type("tag:yaml.org,2002:int-of-go", {
  kind: "scalar",
  resolve: (text: string) => /^[-+]?\.?\d[\w.+-]*$/.test(text),
});

/** The configuration as YAML. */
export function yamlOf({ config }: StackConfiguration): string {
  const schema = DEFAULT_SCHEMA.extend({ implicit: [numberInQuotes] });
  return dump({ config }, { schema, lineWidth: -1, noRefs: true, quotingType: '"' });
}
