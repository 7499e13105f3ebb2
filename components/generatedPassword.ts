import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/**
 * Generates a password of 32 characters with Secrets Manager. Each evaluation of the program returns another password,
 * so use it only for a value that is written once.
 */
export function generatedPassword(parent?: pulumi.Resource): pulumi.Output<string> {
  const generated = aws.secretsmanager.getRandomPasswordOutput(
    { passwordLength: 32, excludePunctuation: true, requireEachIncludedType: true },
    parent === undefined ? {} : { parent },
  );
  return pulumi.secret(generated.randomPassword);
}
