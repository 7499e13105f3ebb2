import { ServiceError } from "./errors";

/**
 * Returns one page of a list. The token, opaque to the client, contains the page's start; the last page has none.
 *
 * @throws ServiceError InvalidNextTokenException for an invalid token
 */
export function paginate<Item>(
  list: readonly Item[],
  { MaxResults = 100, NextToken }: { MaxResults?: number | undefined; NextToken?: string | undefined },
): { items: Item[]; NextToken: string | undefined } {
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
