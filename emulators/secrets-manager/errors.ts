/** An error of the service. All errors except `InternalServiceError` have the HTTP status 400. */
export class ServiceError extends Error {
  constructor(
    /** The exception's name in the API, such as "ResourceNotFoundException". */
    readonly type: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
    this.name = type;
  }
}

export const invalidParameter = (message: string): ServiceError =>
  new ServiceError("InvalidParameterException", message);

export const invalidRequest = (message: string): ServiceError => new ServiceError("InvalidRequestException", message);

const notFound = (message: string): ServiceError => new ServiceError("ResourceNotFoundException", message);

export const validation = (message: string): ServiceError => new ServiceError("ValidationException", message);

export const invalidName = (): ServiceError =>
  validation(
    "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
  );

export const markedForDeletion = (): ServiceError =>
  invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");

export const tokenInUse = (token: string, arn: string): ServiceError =>
  new ServiceError(
    "ResourceExistsException",
    `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${arn}.`,
  );

export const noSuchSecret = (): ServiceError => notFound("Secrets Manager can't find the specified secret.");

export const noSuchValue = (by: "staging label" | "VersionId", value: string): ServiceError =>
  notFound(`Secrets Manager can't find the specified secret value for ${by}: ${value}`);
