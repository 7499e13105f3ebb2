/** How the password of a user is changed. */
export const Strategy = {
  /** The user's password is changed; a log-in at that moment may be refused. */
  SingleUser: "single-user",
  /** Two users take turns, so that no log-in is ever refused. Needs `adminSecretArn`. */
  AlternatingUsers: "alternating-users",
} as const;

// Pulumi's analyzer finds the values of an enumeration by the constant of the same name, declared before the type.
export type Strategy = (typeof Strategy)[keyof typeof Strategy];
