import type { ComponentSchema, PackageSchema, PropertySchema } from "../../provider/testing/packageSchema";

/** The schema of a component, by its name. @throws Error when there is none */
export function componentOf(schema: PackageSchema, name: string): ComponentSchema {
  const component = schema.resources[`secrets-rotation:index:${name}`];
  if (component === undefined) throw new Error(`the schema has no component ${name}`);
  return component;
}

/** What the schema does not have of the values that a component is given. */
export function schemaProblems(schema: PackageSchema, component: string, inputs: Record<string, unknown>): string[] {
  const { inputProperties, requiredInputs } = componentOf(schema, component);
  return [
    ...requiredInputs.filter((key) => !(key in inputs)).map((key) => `${component}.${key} is missing`),
    ...propertiesProblems(schema, component, inputProperties, inputs),
  ];
}

function propertiesProblems(
  schema: PackageSchema,
  where: string,
  properties: Record<string, PropertySchema>,
  values: Record<string, unknown>,
): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const property = properties[key];
    return property === undefined
      ? [`${where} has no ${key}`]
      : valueProblems(schema, `${where}.${key}`, property, value);
  });
}

function valueProblems(schema: PackageSchema, where: string, property: PropertySchema, value: unknown): string[] {
  // What is taken from elsewhere is known when the program runs.
  if (typeof value === "string" && value.startsWith("${")) return [];
  const type = schema.types[property.$ref?.replace("#/types/", "") ?? ""];
  if (type?.enum !== undefined) {
    return type.enum.some((one) => one.value === value) ? [] : [`${where} can't be ${String(value)}`];
  }
  if (type?.properties !== undefined) return propertiesProblems(schema, where, type.properties, Object(value));
  if (property.type === "array") return Array.isArray(value) ? [] : [`${where} is a list`];
  return typeof value === property.type ? [] : [`${where} is a ${property.type}`];
}
