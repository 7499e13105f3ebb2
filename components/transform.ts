import type * as pulumi from "@pulumi/pulumi";

/** Changes the arguments of an inner resource, for settings that no argument of the component covers. */
export type Transform<Args> = (args: Args) => Args;

/** Options of a component whose inner resources can be changed, by name. */
export interface TransformOptions<Resources extends object> extends pulumi.ComponentResourceOptions {
  /**
   * Changes the arguments of inner resources. You are responsible for the result: the component does not check it.
   * @default no change
   */
  transform?: { [Name in keyof Resources]?: Transform<Resources[Name]> };
}

/** The arguments of an inner resource, changed by its transform if there is one. */
export function applyTransform<Resources extends object, Name extends keyof Resources>(
  opts: TransformOptions<Resources> | undefined,
  name: Name,
  args: Resources[Name],
): Resources[Name] {
  return opts?.transform?.[name]?.(args) ?? args;
}
