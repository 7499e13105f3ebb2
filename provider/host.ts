import { componentProviderHost } from "@pulumi/pulumi/provider/experimental";
import { handlerFile } from "../build/bundle";
import {
  EncryptionKey,
  NetworkPath,
  RotatedSecret,
  RotationFunction,
  RotationMonitoring,
  SecretsManagerEndpoint,
} from "../components";
import { readHandlerWith } from "../components/packagedHandler";
import { version } from "../package.json";

/** Serves the components to Pulumi programs in other languages, until Pulumi ends the process. */

readHandlerWith(handlerFile);

const options = {
  name: "secrets-rotation",
  version,
  // The tsconfig.json of this folder names the sources of the schema.
  dirname: __dirname,
  components: [EncryptionKey, NetworkPath, RotatedSecret, RotationFunction, RotationMonitoring, SecretsManagerEndpoint],
};
void componentProviderHost(options);
