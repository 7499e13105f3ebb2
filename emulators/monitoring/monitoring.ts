import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { listen } from "../listen";

/** Emulates the calls of CloudWatch Logs, CloudWatch and SNS that the commands use. It refuses all others. */
export type Monitoring = Awaited<ReturnType<typeof startMonitoring>>;

export async function startMonitoring(logGroupName: string) {
  const server = createServer((request, response) => {
    answer(request)
      .catch((error: Error) => ({ status: 400, body: JSON.stringify({ __type: error.name, message: error.message }) }))
      .then(({ status, body }) => response.writeHead(status).end(body));
  });
  const { port, close } = await listen(server);

  async function answer(request: IncomingMessage): Promise<{ status: number; body: string }> {
    const target = request.headers["x-amz-target"];
    const body = await text(request);
    if (target === undefined) return topicAttributes(new URLSearchParams(body));
    const input = JSON.parse(body) as Record<string, unknown>;
    const operation = String(target).split(".")[1];
    if (operation === "FilterLogEvents") return { status: 200, body: JSON.stringify(filterLogEvents(input)) };
    if (operation === "DescribeAlarms") {
      const names = input.AlarmNames as readonly string[];
      const MetricAlarms = monitoring.alarms.filter(({ AlarmName }) => names.includes(AlarmName));
      return { status: 200, body: JSON.stringify({ MetricAlarms }) };
    }
    throw awsError("UnknownOperationException", String(target));
  }

  /** Of the service's JSON patterns, only `{ ($.a = "x") && ($.b = "y") }`. */
  function filterLogEvents({ logGroupName: group, startTime, filterPattern }: Record<string, unknown>): object {
    if (group !== logGroupName) throw awsError("ResourceNotFoundException", "The specified log group does not exist.");
    const terms = [...String(filterPattern ?? "").matchAll(/\(\$\.(\w+) = ("[^"]*")\)/g)];
    const canonicalPattern = `{ ${terms.map(([term]) => term).join(" && ")} }`;
    if (filterPattern !== undefined && canonicalPattern !== filterPattern) {
      throw awsError("InvalidParameterException", `Invalid filter pattern ${filterPattern}`);
    }
    const matching = monitoring.lines.filter(({ timestamp, message }) => {
      if (timestamp < Number(startTime)) return false;
      if (terms.length === 0) return true;
      if (!message.startsWith("{")) return false;
      const fields = JSON.parse(message) as Record<string, unknown>;
      return terms.every(([, field = "", value = ""]) => fields[field] === JSON.parse(value));
    });
    return { events: matching };
  }

  function topicAttributes(input: URLSearchParams): { status: number; body: string } {
    if (input.get("Action") !== "GetTopicAttributes") throw awsError("InvalidAction", String(input.get("Action")));
    if (monitoring.topic === undefined) {
      const body = `<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>Topic does not exist</Message></Error></ErrorResponse>`;
      return { status: 404, body };
    }
    const { confirmed, pending } = monitoring.topic;
    const entries = Object.entries({ SubscriptionsConfirmed: confirmed, SubscriptionsPending: pending })
      .map(([key, value]) => `<entry><key>${key}</key><value>${value}</value></entry>`)
      .join("");
    const body = `<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes>${entries}</Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>`;
    return { status: 200, body };
  }

  const monitoring = {
    endpoint: `http://127.0.0.1:${port}`,
    /** Lines of the function's log with their time, in milliseconds. */
    lines: [] as { readonly timestamp: number; readonly message: string }[],
    logGroupName,
    alarms: [] as { AlarmName: string; ActionsEnabled: boolean; AlarmActions: string[]; StateValue: string }[],
    topic: undefined as { confirmed: number; pending: number } | undefined,
    close,
  };
  return monitoring;
}

function awsError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
