/**
 * Viewers' rights to their cached responses. A right holds its entries, so a drop makes all of them unreachable at
 * once. Before its first successful call, a viewer has a right only while its calls are in progress.
 */
import { LRUCache } from 'lru-cache';
import type { UpstreamEndpoint } from '../config/config.ts';
import { ANSWERS, Right, type Entries, type EntriesKey } from './entry.ts';
import type { Caller, Standing } from '../auth/caller.ts';

/** What one call requests: an endpoint of a workflow, or the list of workflows. */
export interface Asked {
  readonly endpoint: UpstreamEndpoint;
  /** Workflow id, or empty for the list of workflows. */
  readonly workflowId: string;
}

export interface RightsOptions {
  readonly reauthIntervalMs: number;
  /** Current time, in ms since 1970. */
  readonly now: () => number;
  /** Called after each drop. `workflowId` is null if all data of the viewer was dropped. */
  readonly onDrop: (viewerId: string, workflowId: string | null) => void;
}

/** Maximum number of viewers with a right, about 900 bytes each. */
const MAX_VIEWERS = 20_000;

export abstract class Rights {
  readonly #options: RightsOptions;
  readonly #proven: LRUCache<string, Right>;
  /** Viewers without a right that have calls in progress, bounded by the upstream queue. */
  readonly #underWay = new Map<string, Right>();

  constructor(options: RightsOptions) {
    this.#options = options;
    this.#proven = new LRUCache({
      max: MAX_VIEWERS,
      // `disposeAfter`, because `dispose` must not change a cache.
      disposeAfter: (right, _viewerId, reason) => {
        if (reason === 'evict') this.#replace(right);
      },
    });
  }

  /** Frees entries that can no longer be reached. */
  protected abstract free(entries: Entries): void;

  /** Returns the viewer's right. An unknown viewer gets a new right, which proves nothing and isn't stored. */
  rightOf(viewerId: string): Right {
    return this.#known(viewerId) ?? new Right(viewerId);
  }

  /** All calls of a viewer in progress share its right, so a drop reaches all of them. Call `end` afterwards. */
  begin(right: Right): void {
    right.calls.count += 1;
    if (right.lastSuccessAt === null && !right.isDropped) this.#underWay.set(right.viewerId, right);
  }

  end({ viewerId, calls }: Right): void {
    calls.count -= 1;
    if (calls.count === 0 && this.#underWay.get(viewerId)?.calls === calls) this.#underWay.delete(viewerId);
  }

  /** Records the success of a call sent at `sentAt`. No effect after a drop. */
  prove(right: Right, sentAt: number): void {
    if (right.isDropped) return;
    right.lastSuccessAt = Math.max(right.lastSuccessAt ?? 0, sentAt);
    if (this.#proven.get(right.viewerId) !== right) this.#proven.set(right.viewerId, right);
  }

  /** Who has accepted the caller: the gateway, which verified it, or the upstream, during an earlier call. */
  standing({ viewer, isVerified, verifiedUntilMs }: Caller): Standing {
    if (!viewer) return 'STRANGER';
    const right = this.#known(viewer.id);
    const untilMs = Math.max(isVerified ? verifiedUntilMs : 0, right ? this.servesUntil(right) : 0);
    if (this.#options.now() < untilMs) return 'FRESH';
    return isVerified || (right && right.lastSuccessAt !== null) ? 'ACCEPTED' : 'STRANGER';
  }

  /**
   * Time until which cached responses may be served without a call, in ms since 1970, or 0. The upstream must have
   * accepted the viewer's key recently, even if the gateway has verified the caller.
   */
  servesUntil({ lastSuccessAt, isDropped }: Right): number {
    return lastSuccessAt === null || isDropped ? 0 : lastSuccessAt + this.#options.reauthIntervalMs;
  }

  mayServe(right: Right): boolean {
    return this.#options.now() < this.servesUntil(right);
  }

  /** Makes all entries of the viewer unreachable, and keeps the results of its calls in progress out of the cache. */
  drop(viewerId: string): void {
    const right = this.#known(viewerId);
    if (right) this.#replace(right);
    this.#options.onDrop(viewerId, null);
  }

  /** Like `drop`, for one workflow, or the list of workflows if `workflowId` is empty. */
  dropWorkflow(viewerId: string, workflowId: string): void {
    const right = this.#known(viewerId);
    if (right) {
      this.#dropEntries(right, workflowId);
      this.dropAnswers(viewerId);
      for (const flight of right.calls.flights.values()) {
        if (flight.workflowId === workflowId) flight.withdraw();
      }
    }
    this.#options.onDrop(viewerId, workflowId);
  }

  /** Makes whole responses of the viewer unreachable, and keeps those in progress out of the cache. */
  dropAnswers(viewerId: string): void {
    const right = this.#known(viewerId);
    if (!right) return;
    right.answersDropped += 1;
    this.#dropEntries(right, ANSWERS);
  }

  #dropEntries(right: Right, key: EntriesKey): void {
    const entries = right.entries.get(key);
    right.entries.delete(key);
    if (entries) this.free(entries);
  }

  #known(viewerId: string): Right | undefined {
    return this.#proven.get(viewerId) ?? this.#underWay.get(viewerId);
  }

  #replace(right: Right): void {
    const { viewerId, calls, entries } = right;
    right.isDropped = true;
    right.entries = new Map();
    for (const flight of calls.flights.values()) flight.withdraw();
    for (const rights of [this.#proven, this.#underWay]) rights.delete(viewerId);
    if (calls.count > 0) this.#underWay.set(viewerId, new Right(viewerId, calls));
    for (const each of entries.values()) this.free(each);
  }
}
