import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/**
 * A password of 32 characters that Secrets Manager makes and nobody has seen. Each evaluation gives another one: it is
 * for values that are written once.
 */
export function generatedPassword(parent?: pulumi.Resource): pulumi.Output<string> {
  const made = aws.secretsmanager.getRandomPasswordOutput(
    { passwordLength: 32, excludePunctuation: true, requireEachIncludedType: true },
    parent === undefined ? {} : { parent },
  );
  return pulumi.secret(made.randomPassword);
}
