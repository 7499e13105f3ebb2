import { join } from "node:path";

/** Path of the reviewed schema. */
export const schemaFile = join(__dirname, "../schema.json");

/** The part of the Pulumi package schema that the components use. */
export interface PackageSchema {
  name: string;
  version: string;
  resources: Record<string, ComponentSchema>;
  types: Record<string, TypeSchema>;
}

export interface ComponentSchema {
  isComponent: boolean;
  description?: string;
  inputProperties: Record<string, PropertySchema>;
  requiredInputs: string[];
  properties: Record<string, PropertySchema>;
}

export interface PropertySchema {
  type?: string;
  $ref?: string;
  plain?: boolean;
  description?: string;
  items?: PropertySchema;
  additionalProperties?: PropertySchema;
}

export interface TypeSchema {
  type: string;
  enum?: { name: string; value: string }[];
  properties?: Record<string, PropertySchema>;
  required?: string[];
}
