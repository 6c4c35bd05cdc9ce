/** Tests the module: the moment of a failure between two answers of Valkey cannot be chosen from outside. */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { PREFIX } from '../../src/fleet/fleet-keys.ts';
import { createAwaitedCalls } from '../../src/fleet/awaited-calls.ts';
import { createManualClock } from '../harness/clock.ts';

const LEASE = `${PREFIX}:call:${'x'.repeat(43)}`;

/** A gateway that waits up to a second, by a manual clock, for another gateway's call. */
function start() {
  const clock = createManualClock();
  const listeners = new Set<() => void>();
  let hear: (payload: string) => void = () => undefined;
  let watchers = 0;
  const valkey = {
    isUp: true,
    run: () => Promise.resolve(undefined),
    insist: () => Promise.resolve(undefined),
    onDown(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    watch() {
      watchers += 1;
      return () => void (watchers -= 1);
    },
    probe: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const announcements = {
    announce: () => Promise.resolve(true),
    listen(_purpose: string, listener: (payload: string) => void) {
      hear = listener;
    },
    close: () => undefined,
  };
  const calls = createAwaitedCalls({ valkey, announcements, after: clock.after }, 'call');
  const controller = new AbortController();
  const expected = calls.expect(LEASE);
  return {
    clock,
    controller,
    expected,
    wait: () => expected.outcome(1000, controller.signal),
    fail() {
      for (const listener of listeners) listener();
    },
    announce(outcome: string) {
      hear(`${LEASE.slice(-43)} ${outcome}`);
    },
    /** Listeners and timers that are still registered. */
    left: () => ({ watchers, listeners: listeners.size, timers: clock.pending }),
  };
}

const NOTHING = { watchers: 0, listeners: 0, timers: [] };

type Scene = ReturnType<typeof start>;
const fail = (scene: Scene) => {
  scene.fail();
};
const events: readonly (readonly [string, (scene: Scene) => void, string])[] = [
  ['Valkey fails', fail, 'alone'],
  [
    'the answer is announced',
    (scene) => {
      scene.announce('again');
    },
    'again',
  ],
];

it.each(events)('ends a wait for another gateway at once if %s before', async (_name, happen, end) => {
  const scene = start();
  happen(scene);
  expect(await scene.wait()).toBe(end);
  scene.expected.end();
  expect(scene.left()).toEqual(NOTHING);
});

it.each(events)('ends a wait for another gateway when %s during the wait', async (_name, happen, end) => {
  const scene = start();
  const outcome = scene.wait();
  await turnOfTheLoop();
  expect(scene.left()).toEqual({ watchers: 1, listeners: 1, timers: [1000] });
  happen(scene);
  expect(await outcome).toBe(end);
  scene.expected.end();
  expect(scene.left()).toEqual(NOTHING);
});

it('ends with the lease, or when its client disconnects', async () => {
  const one = start();
  const outcome = one.wait();
  one.clock.advance(1000);
  expect(await outcome).toBe('again');

  const other = start();
  const left = other.wait();
  other.controller.abort();
  await expect(left).rejects.toThrow('abandoned');
  other.expected.end();
  expect(other.left()).toEqual(NOTHING);
});
