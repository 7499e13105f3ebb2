import { isIPv4 } from "node:net";

const example = "set addresses such as 10.1.2.0/24";

/** What is wrong with the addresses of a destination; undefined if nothing is. */
export function cidrProblem(cidr: string): string | undefined {
  if (cidr.includes(":")) return `is an IPv6 range, and the function connects by IPv4: ${example}`;
  const [, address = "", digits = ""] = /^([\d.]+)\/(\d{1,2})$/.exec(cidr) ?? [];
  const length = Number(digits);
  if (!isIPv4(address) || length > 32) return example;
  if (length === 0) return "must not be the whole internet: set the addresses of the database";
  const bits = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = bits - (bits % 2 ** (32 - length));
  if (first === bits) return undefined;
  const network = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".");
  return `is not the first address of its range: set ${network}/${length}`;
}
