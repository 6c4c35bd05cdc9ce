/** Turns the events of a wheel into steps of a zoom. A trackpad sends dozens of events for one gesture, a mouse one for each notch. */

const STEP_PX = 50;
const STEP_EVERY_MS = 100;
/** After a pause the next event begins another gesture. */
const GESTURE_ENDS_MS = 300;
/** Of a wheel that counts in lines. */
const LINE_PX = 20;

export interface WheelMove {
  readonly deltaY: number;
  /** 0: `deltaY` is in pixels. */
  readonly deltaMode: number;
  readonly timeStamp: number;
}

/** Returns 1 for a step closer, -1 for a step back, 0 for none. */
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
