/**
 * Takes the place of the SDK's whole credential chain in the bundle: Lambda hands its role's credentials over in the
 * environment, and the chain's other providers (files, single sign-on, web identities) would be a third of the archive.
 */
export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";
