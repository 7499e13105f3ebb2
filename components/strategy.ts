/** Rotation strategy. */
export const Strategy = {
  /** The password of one user is changed. A login during the rotation can be refused. */
  SingleUser: "single-user",
  /** Two users alternate, so that no login is refused. Needs `adminSecretArn`. */
  AlternatingUsers: "alternating-users",
} as const;

// Pulumi's analyzer takes the values of an enumeration from the constant of the same name, declared before the type.
export type Strategy = (typeof Strategy)[keyof typeof Strategy];
