import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { insightsQueries } from "../components";

/** The questions that come up on call, saved beside the log: in the console, a folder of the function's name. */
export function makeQueries(prefix: string, logGroupName: pulumi.Input<string>): void {
  for (const { name, query } of insightsQueries) {
    new aws.cloudwatch.QueryDefinition(`${prefix}-${name}`, {
      name: `${prefix}/${name}`,
      logGroupNames: [logGroupName],
      queryString: query,
    });
  }
}
