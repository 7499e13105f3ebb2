/**
 * `@peculiar/x509` loads `tsyringe`, which requires the polyfill `reflect-metadata` but uses no metadata here. These
 * functions replace the polyfill.
 */
const metadata = { getMetadata() {}, getOwnMetadata() {}, defineMetadata() {} };

if (!("getMetadata" in Reflect)) Object.assign(Reflect, metadata);
