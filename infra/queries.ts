import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { insightsQueries } from "../components";

/** Saves the queries in CloudWatch, in a folder with the function's name. */
export function makeQueries(prefix: string, logGroupName: pulumi.Input<string>): void {
  for (const { name, query } of insightsQueries) {
    new aws.cloudwatch.QueryDefinition(`${prefix}-${name}`, {
      name: `${prefix}/${name}`,
      logGroupNames: [logGroupName],
      queryString: query,
    });
  }
}
