import { beforeEach, describe, expect, it } from '@jest/globals';
import { BEAT_EVERY_MS, createKeepAlive, type KeepAlive } from '../../src/http/live/keep-alive.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';

describe('a live connection', () => {
  let clock: ManualClock;
  let keepAlive: KeepAlive;

  beforeEach(() => {
    clock = createManualClock();
    keepAlive = createKeepAlive(clock.after);
  });

  function connect() {
    const told: string[] = [];
    const kept = keepAlive.add({ ping: () => told.push('ping'), cut: () => told.push('cut') });
    return { ...kept, told };
  }
  const beat = (count = 1) => {
    clock.advance(count * BEAT_EVERY_MS);
  };

  it('is asked at each beat, and cut at the third that it has not answered', () => {
    const { told } = connect();
    beat(2);
    expect(told).toEqual(['ping', 'ping']);
    beat();
    expect(told).toEqual(['ping', 'ping', 'cut']);
  });

  it('stays for as long as it is heard of', () => {
    const { told, heard } = connect();
    for (let count = 0; count < 5; count += 1) {
      beat(2);
      heard();
    }
    expect(told).toHaveLength(10);
    expect(told).not.toContain('cut');
  });

  it('is asked no more once it is closed, whatever is still heard of it', () => {
    const [closed, other] = [connect(), connect()];
    closed.remove();
    closed.heard();
    beat();
    expect([closed.told, other.told]).toEqual([[], ['ping']]);
  });

  it('is asked no more when the gateway has stopped', () => {
    const { told } = connect();
    beat();
    keepAlive.close();
    beat(5);
    expect([told, clock.pending]).toEqual([['ping'], []]);
  });
});
