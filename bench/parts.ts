import { coldStart } from "./coldStart";
import { counts } from "./counts";
import type { Part } from "./part";
import { rotation } from "./rotation";

/** In the order in which they run. */
export const parts: readonly Part[] = [rotation, coldStart, counts];
