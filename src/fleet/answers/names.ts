/** The names in Valkey of one resource of one viewer: a value and an epoch for each secret, a lease for all. */
import { identityOf, type Viewer } from '../../runs/viewer.ts';
import type { FleetKeys } from '../fleet-keys.ts';

export interface Names {
  readonly identity: string;
  /** The first is that of the secret that seals. */
  readonly epochs: readonly [string, ...string[]];
  readonly values: readonly [string, ...string[]];
  readonly lease: string;
}

/** `source`: what decides an answer beside viewer and resource. Gateways over another upstream share nothing. */
export const createNames =
  ([first, ...others]: readonly [FleetKeys, ...FleetKeys[]], source: string) =>
  (viewer: Viewer, key: string): Names => {
    const identity = identityOf(viewer);
    const name = (purpose: string, ...parts: string[]): readonly [string, ...string[]] => [
      first.name(purpose, source, identity, ...parts),
      ...others.map((keys) => keys.name(purpose, source, identity, ...parts)),
    ];
    return { identity, epochs: name('epoch'), values: name('answer', key), lease: name('call', key)[0] };
  };
