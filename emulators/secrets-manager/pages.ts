import { ServiceError } from "./errors";

export interface Page<Item> {
  readonly items: Item[];
  /** Absent on the last page. */
  readonly NextToken: string | undefined;
}

/**
 * Returns one page of a list. The token, opaque to the client, contains the page's start.
 *
 * @throws ServiceError InvalidNextTokenException for an invalid token
 */
export function paginate<Item>(
  list: readonly Item[],
  { MaxResults = 100, NextToken }: { MaxResults?: number | undefined; NextToken?: string | undefined },
): Page<Item> {
  const text = NextToken === undefined ? "0" : Buffer.from(NextToken, "base64url").toString();
  if (!/^\d+$/.test(text)) {
    throw new ServiceError("InvalidNextTokenException", "The NextToken value is invalid.");
  }
  const start = Number(text);
  const end = start + MaxResults;
  return {
    items: list.slice(start, end),
    NextToken: end < list.length ? Buffer.from(String(end)).toString("base64url") : undefined,
  };
}
