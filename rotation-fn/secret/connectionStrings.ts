/** What a connection string contains of a secret. */
interface Login {
  readonly username: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
}

/** A generated password is this long: a text that is equal to it is the password, and not the same word by chance. */
const shortestGenerated = 16;

/**
 * Replaces the credentials in a text that contains the password: a URL (`postgresql://app:password@db/shop`), the pairs of
 * libpq, JDBC, .NET or ODBC (`user=app password=…`), or the password alone.
 *
 * @returns the text unchanged if it does not contain the password; undefined if it contains it and cannot be rewritten for
 *   certain: the new user or server must get into it, too.
 */
export function rewriteConnectionString(text: string, from: Login, to: Login): string | undefined {
  if (!contains(text, from.password)) return text;
  const rewritten = rewriteUrl(text, from, to) ?? rewritePairs(text, from, to);
  if (rewritten !== undefined) return rewritten;
  return text === from.password && text.length >= shortestGenerated ? to.password : undefined;
}

function rewriteUrl(text: string, from: Login, to: Login): string | undefined {
  const parts = /^([a-z][\w+.-]*:\/\/)([^\s:@/?#]+):([^\s:@/?#]+)@([^\s/?#]*)(.*)$/is.exec(text);
  if (parts === null) return undefined;
  const [, scheme, username = "", password = "", server = "", rest = ""] = parts;
  if (decode(username) !== from.username || decode(password) !== from.password) return undefined;
  if (contains(rest, from.password)) return undefined;
  const isAt = server === `${from.host}:${from.port}` || (server === from.host && from.port === 5432);
  const moves = from.host !== to.host || from.port !== to.port;
  if (moves && !isAt) return undefined;
  return `${scheme}${encode(to.username)}:${encode(to.password)}@${moves ? `${to.host}:${to.port}` : server}${rest}`;
}

const fields: Readonly<Record<string, keyof Login>> = {
  ...{ password: "password", pwd: "password", user: "username", username: "username", "user id": "username" },
  ...{ uid: "username", host: "host", server: "host", port: "port" },
};

function rewritePairs(text: string, from: Login, to: Login): string | undefined {
  const changed = (["username", "password", "host", "port"] as const).filter((field) => from[field] !== to[field]);
  const found: (keyof Login)[] = [];
  let foreign = false;
  const pair = new RegExp(`(?<=^|[\\s;&?])(${Object.keys(fields).join("|")})=([^\\s;&]*)`, "gi");
  const rewritten = text.replace(pair, (whole, name: string, value: string) => {
    const field = fields[name.toLowerCase()] as keyof Login;
    found.push(field);
    const decides = field === "username" || changed.includes(field);
    foreign ||= decides && ![value, decode(value)].includes(String(from[field]));
    return changed.includes(field) ? `${name}=${to[field]}` : whole;
  });
  const once = changed.every((field) => found.filter((other) => other === field).length === 1);
  // Other characters would have to be quoted, and each of these forms has its own rules.
  const plain = changed.every((field) => /^[\w.~-]+$/.test(String(to[field])));
  return once && plain && !foreign && !contains(rewritten, from.password) ? rewritten : undefined;
}

/** Whether the text contains the password, also percent-encoded, as in a form, or with libpq's backslashes. */
function contains(text: string, password: string): boolean {
  const percentDecoded = (encoded: string): string => encoded.replace(/(?:%[0-9a-f]{2})+/gi, decode);
  return [text, percentDecoded(text), percentDecoded(text.replaceAll("+", " ")), text.replace(/\\(.)/g, "$1")].some(
    (spelling) => spelling.includes(password),
  );
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
