import { z } from "zod";
import { schema } from "../infra/schema";

interface Node {
  type?: string;
  description?: string;
  default?: unknown;
  properties?: Record<string, Node>;
  items?: Node;
  enum?: unknown[];
  anyOf?: Node[];
  minimum?: number;
  maximum?: number;
}

/** The configuration reference in Markdown, generated from the schema. */
export function configurationReference(): string {
  const root = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Node;
  const lines = [
    "# Configuration",
    "",
    "In the stack's file, each key has the prefix `secrets-rotation:`. A key is optional unless its meaning says otherwise.",
    "Preview rejects invalid configuration, and lists every problem. `npm run docs` generates this page from `infra/schema.ts`.",
    "",
    ...section("The stack", root),
  ];
  for (const [key, node] of Object.entries(root.properties ?? {})) {
    const inner = objectIn(node);
    if (inner !== undefined)
      lines.push("", ...section(node.items === undefined ? `\`${key}\`` : `Each of \`${key}\``, inner));
  }
  return `${lines.join("\n")}\n`;
}

function section(title: string, { properties = {} }: Node): string[] {
  return [
    `## ${title}`,
    "",
    "| key | type | default | meaning |",
    "| --- | --- | --- | --- |",
    ...Object.entries(properties).map(
      ([key, node]) =>
        `| \`${key}\` | ${kindOf(node)} | ${defaultOf(node)} | ${(node.description ?? "").replaceAll("|", "\\|")} |`,
    ),
  ];
}

function objectIn(node: Node): Node | undefined {
  const inner = node.items ?? node;
  return inner.properties === undefined ? undefined : inner;
}

function kindOf(node: Node): string {
  if (node.items !== undefined) return `list of ${kindOf(node.items).replace(/\b(string|object)\b/g, "$1s")}`;
  if (node.anyOf !== undefined) return node.anyOf.map(kindOf).join(" or ");
  if (node.enum !== undefined)
    return node.enum.length > 6 ? "integer" : node.enum.map((value) => `\`${value}\``).join(", ");
  if (node.type === "integer") {
    const { minimum = 0, maximum = 0 } = node;
    return maximum > 0 && maximum < 1_000_000 ? `${minimum} to ${maximum}` : "integer";
  }
  return node.type ?? "string";
}

function defaultOf({ default: value }: Node): string {
  return value === undefined || JSON.stringify(value) === "{}" ? "" : `\`${JSON.stringify(value)}\``;
}
