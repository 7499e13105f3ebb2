import { ServiceError } from "./errors";

export interface Page<Item> {
  readonly items: Item[];
  /** Absent on the last page. */
  readonly NextToken: string | undefined;
}

/**
 * Cuts one page out of a list. The token is opaque to the client; it holds where the page begins.
 *
 * @throws ServiceError InvalidNextTokenException for a token that was not given out
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
