import type * as pulumi from "@pulumi/pulumi";

/** Changes what a component gives to a resource inside it, for what none of the component's arguments covers. */
export type Transform<Args> = (args: Args) => Args;

/** Options of a component that lets some of its inner resources be changed, each by name. */
export interface TransformOptions<Resources extends object> extends pulumi.ComponentResourceOptions {
  /**
   * Changes the arguments of inner resources. What the component promises of them is then up to you.
   * @default the resources are as the component makes them
   */
  transform?: { [Name in keyof Resources]?: Transform<Resources[Name]> };
}

/** The arguments of an inner resource, after the transform that was asked for. */
export function transformed<Resources extends object, Name extends keyof Resources>(
  opts: TransformOptions<Resources> | undefined,
  name: Name,
  args: Resources[Name],
): Resources[Name] {
  return opts?.transform?.[name]?.(args) ?? args;
}
