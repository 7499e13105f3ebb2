import { coldStart } from "./coldStart";
import { counts } from "./counts";
import { fleet } from "./fleet";
import { memory } from "./memory";
import type { Part } from "./part";
import { refused } from "./refused";
import { rotation } from "./rotation";
import { stack } from "./stack";
import { suite } from "./suite";

/** In the order in which they run. */
export const parts: readonly Part[] = [rotation, coldStart, counts, refused, memory, stack, fleet, suite];
