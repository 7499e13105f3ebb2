/**
 * `tsyringe`, a dependency of `@peculiar/x509`, requires the polyfill `reflect-metadata` when it is loaded, which
 * `@peculiar/x509` leaves to its user. It injects nothing that needs metadata.
 */
const metadata = { getMetadata() {}, getOwnMetadata() {}, defineMetadata() {} };

if (!("getMetadata" in Reflect)) Object.assign(Reflect, metadata);
