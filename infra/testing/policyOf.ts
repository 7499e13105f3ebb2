import type { PolicyDocument, Statement } from "../../components/policies";
import type { RecordedResource } from "../../emulators/pulumi/recordedStack";

/** The policy document in an input of a resource. */
export function policyOf(resource: RecordedResource, input = "policy"): PolicyDocument {
  return JSON.parse(String(resource.inputs[input])) as PolicyDocument;
}

/** One statement of that document. @throws Error if the document does not have it */
export function statementOf(resource: RecordedResource, sid: string, input = "policy"): Statement {
  const found = policyOf(resource, input).Statement.find(({ Sid }) => Sid === sid);
  if (found === undefined) throw new Error(`${resource.name} has no statement ${sid}`);
  return found;
}
