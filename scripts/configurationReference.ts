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

/** The configuration's reference as Markdown, out of its schema. */
export function configurationReference(): string {
  const root = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Node;
  const lines = [
    "# Configuration",
    "",
    "Generated from `infra/schema.ts` by `npm run docs`. All keys have the prefix `secrets-rotation:` in the stack's file;",
    "all of them are optional but for those that a network or a database needs, and what is wrong is said, all at once,",
    "before the first resource.",
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
    "| key | kind | default | meaning |",
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
  if (node.items !== undefined) return `list of ${kindOf(node.items)}`;
  if (node.anyOf !== undefined) return node.anyOf.map(kindOf).join(" or ");
  if (node.enum !== undefined)
    return node.enum.length > 6 ? "one of several" : node.enum.map((value) => `\`${value}\``).join(", ");
  if (node.type === "integer") {
    const { minimum = 0, maximum = 0 } = node;
    return maximum > 0 && maximum < 1_000_000 ? `${minimum} to ${maximum}` : "whole number";
  }
  return { string: "text", boolean: "`true`, `false`", object: "object" }[node.type ?? ""] ?? "text";
}

function defaultOf({ default: value }: Node): string {
  return value === undefined || JSON.stringify(value) === "{}" ? "" : `\`${JSON.stringify(value)}\``;
}
