/** Turns wheel events into zoom steps. A trackpad sends dozens of events per gesture, a mouse one per notch. */

const STEP_PX = 50;
const STEP_EVERY_MS = 100;
/** A longer pause starts a new gesture. */
const GESTURE_ENDS_MS = 300;
/** Height of a line, for a wheel that scrolls by lines. */
const LINE_PX = 20;

export interface WheelMove {
  readonly deltaY: number;
  /** 0: `deltaY` is in pixels. */
  readonly deltaMode: number;
  readonly timeStamp: number;
}

/** Returns 1 to zoom in by a step, -1 to zoom out, 0 for no step. */
export function createWheelSteps(): (move: WheelMove) => 1 | 0 | -1 {
  let sumPx = 0;
  let [lastAt, steppedAt] = [-Infinity, -Infinity];
  return ({ deltaY, deltaMode, timeStamp }) => {
    const isGoingOn = timeStamp - lastAt < GESTURE_ENDS_MS && sumPx * deltaY >= 0;
    sumPx = (isGoingOn ? sumPx : 0) + deltaY * (deltaMode === 0 ? 1 : LINE_PX);
    lastAt = timeStamp;
    if (Math.abs(sumPx) < STEP_PX || timeStamp - steppedAt < STEP_EVERY_MS) return 0;
    sumPx = 0;
    steppedAt = timeStamp;
    return deltaY < 0 ? 1 : -1;
  };
}
