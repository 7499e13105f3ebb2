/**
 * Replaces the SDK's credential chain in the bundle. Lambda passes the role's credentials in the environment, and the other
 * providers of the chain (files, single sign-on, web identities) would be a third of the archive.
 */
export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";
