/**
 * The three functions of `reflect-metadata` that `tsyringe`, a dependency of `@peculiar/x509`, requires when it is loaded.
 * `@peculiar/x509` leaves the polyfill to its user, and stores only injection tokens in it. An existing polyfill is not
 * replaced.
 */
const store = new WeakMap<object, Map<unknown, unknown>>();

function own(key: unknown, target: object): unknown {
  return store.get(target)?.get(key);
}

function inherited(key: unknown, target: object | null): unknown {
  return target === null ? undefined : (own(key, target) ?? inherited(key, Object.getPrototypeOf(target)));
}

function define(key: unknown, value: unknown, target: object): void {
  store.set(target, (store.get(target) ?? new Map()).set(key, value));
}

if (!("getMetadata" in Reflect)) {
  Object.assign(Reflect, { getMetadata: inherited, getOwnMetadata: own, defineMetadata: define });
}
