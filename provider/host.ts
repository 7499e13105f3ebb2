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

/** Serves the components to programs in Python, Go, C#, Java and YAML, until Pulumi ends the process. */

readHandlerWith(handlerFile);

const options = {
  name: "secrets-rotation",
  version,
  // This folder's tsconfig.json says what the schema is read from.
  dirname: __dirname,
  components: [EncryptionKey, NetworkPath, RotatedSecret, RotationFunction, RotationMonitoring, SecretsManagerEndpoint],
};
void componentProviderHost(options);
