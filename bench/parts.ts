import { coldStart } from "./coldStart";
import { counts } from "./count";
import { fleet } from "./fleet";
import type { Part } from "./part";
import { rotation } from "./rotation";
import { stack } from "./stack";

/** In the order in which they run. */
export const parts: readonly Part[] = [rotation, coldStart, counts, fleet, stack];
