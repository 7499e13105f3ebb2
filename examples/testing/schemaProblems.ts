import type { ComponentSchema, PackageSchema, PropertySchema } from "../../provider/testing/packageSchema";

/** The schema of a component, by its name. @throws Error if the schema does not have it */
export function componentOf(schema: PackageSchema, name: string): ComponentSchema {
  const component = schema.resources[`secrets-rotation:index:${name}`];
  if (component === undefined) throw new Error(`the schema has no component ${name}`);
  return component;
}

/** The differences between the inputs of a component and the schema. */
export function schemaProblems(schema: PackageSchema, component: string, inputs: Record<string, unknown>): string[] {
  const { inputProperties, requiredInputs } = componentOf(schema, component);
  return [
    ...requiredInputs.filter((key) => !(key in inputs)).map((key) => `${component}.${key} is missing`),
    ...propertiesProblems(schema, component, inputProperties, inputs),
  ];
}

function propertiesProblems(
  schema: PackageSchema,
  path: string,
  properties: Record<string, PropertySchema>,
  values: Record<string, unknown>,
): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const property = properties[key];
    return property === undefined
      ? [`${path} has no ${key}`]
      : valueProblems(schema, `${path}.${key}`, property, value);
  });
}

function valueProblems(schema: PackageSchema, path: string, property: PropertySchema, value: unknown): string[] {
  // A reference to another resource is known only when the program runs.
  if (typeof value === "string" && value.startsWith("${")) return [];
  const type = schema.types[property.$ref?.replace("#/types/", "") ?? ""];
  if (type?.enum !== undefined) {
    return type.enum.some((one) => one.value === value) ? [] : [`${path} cannot be ${String(value)}`];
  }
  if (type?.properties !== undefined) return propertiesProblems(schema, path, type.properties, Object(value));
  if (property.type === "array") return Array.isArray(value) ? [] : [`${path} is a list`];
  return typeof value === property.type ? [] : [`${path} is a ${property.type}`];
}
