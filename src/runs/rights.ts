/**
 * Rights of viewers to their cached answers. A right has a generation, which is part of its entries' keys: a drop makes
 * all of them unreachable at once. Before its first successful call, a viewer has only denials here.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { UpstreamEndpoint } from '../config/config.ts';
import { Right } from './entry.ts';
import type { Viewer } from './viewer.ts';

/** Resource that the upstream may deny: an endpoint of a workflow, or the list of workflows. */
export interface Denied {
  readonly endpoint: UpstreamEndpoint;
  /** Empty for the list of workflows. */
  readonly workflowId: string;
}

export interface RightsOptions {
  readonly reauthIntervalMs: number;
  /** True if the gateway itself verifies credentials. Each viewer is accepted then. */
  readonly isVerified: boolean;
  /** Current time, in ms since 1970. */
  readonly now: () => number;
  /** Called with the viewer's id after each drop. */
  readonly onDrop: (viewerId: string) => void;
}

/** Digits in base 36: enough for a million generations a second, for a month. */
const GENERATION_LENGTH = 8;
/** Maximum number of viewers with a right, about 900 bytes each. A denial counts as one viewer. */
const MAX_VIEWERS = 20_000;
/** Maximum number of denials of viewers without a right: anyone can make up keys. */
const MAX_DENIALS_OF_OTHERS = 3000;
const MAX_DENIALS_OF_VIEWER = 100;
const MAX_DENIED_LENGTH = 100;

export abstract class Rights {
  readonly #options: RightsOptions;
  readonly #proven: LRUCache<string, Right>;
  /** Viewers without a right that have denials. */
  readonly #denied: LRUCache<string, Right>;
  /** Viewers without a right that have calls in progress. The bound of the upstream queue limits them. */
  readonly #underWay = new Map<string, Right>();
  #lastGeneration = 0;

  constructor(options: RightsOptions) {
    this.#options = options;
    this.#proven = new LRUCache({
      maxSize: MAX_VIEWERS,
      sizeCalculation: ({ denied }) => 1 + denied.size,
      // `disposeAfter`, since `dispose` must not change a cache.
      disposeAfter: (right, viewerId, reason) => {
        if (reason === 'evict') this.#replace(right, this.#newRight(viewerId, right.denied));
      },
    });
    this.#denied = new LRUCache({ maxSize: MAX_DENIALS_OF_OTHERS, sizeCalculation: ({ denied }) => denied.size });
  }

  /** Called when a right is dropped, with the viewer's next right. Answers of the old right must not be served. */
  protected abstract replaced(right: Right, next: Right): void;

  /** Returns the viewer's right. An unknown viewer gets a new right, which proves nothing and is not stored. */
  rightOf(viewerId: string): Right {
    return this.#known(viewerId) ?? this.#newRight(viewerId, new Set());
  }

  /** All calls of a viewer in progress share its right, so that a drop reaches all of them. Call `end` afterwards. */
  begin(right: Right): void {
    right.uncachedCalls += 1;
    this.share(right);
  }

  end(right: Right): void {
    right.uncachedCalls -= 1;
    this.release(right);
  }

  /** Records the success of a call sent at `sentAt`. No effect after a drop. */
  prove(right: Right, sentAt: number): void {
    if (right.isDropped) return;
    right.lastSuccessAt = Math.max(right.lastSuccessAt ?? 0, sentAt);
    this.#denied.delete(right.viewerId);
    if (this.#proven.get(right.viewerId) !== right) this.#proven.set(right.viewerId, right);
  }

  /** True if the gateway verified the viewer's key, or the upstream accepted it at an earlier call. */
  isAccepted = (viewerId: string): boolean => this.#options.isVerified || this.hasRight(viewerId);

  /** True if a call of the viewer has succeeded since its last drop. */
  hasRight(viewerId: string): boolean {
    return this.#proven.has(viewerId);
  }

  /** Time until which cached answers may be served without a call, in ms since 1970. 0 if none may be served. */
  rightUntil({ lastSuccessAt, isDropped }: Right): number {
    return lastSuccessAt === null || isDropped ? 0 : lastSuccessAt + this.#options.reauthIntervalMs;
  }

  isProven(right: Right): boolean {
    return this.#options.now() < this.rightUntil(right);
  }

  hasProvenRight({ id }: Viewer): boolean {
    const right = this.#known(id);
    return right !== undefined && this.isProven(right);
  }

  /** Makes all entries of the viewer unreachable, and the answers of its calls in progress. */
  drop(viewerId: string): void {
    this.#drop(viewerId, this.#known(viewerId)?.denied);
  }

  /** Records a denial. Returns false and drops nothing if it was recorded before. */
  deny(viewerId: string, denied: Denied): boolean {
    const name = nameOf(denied);
    const known = this.rightOf(viewerId).denied;
    const isNews = !known.has(name);
    if (isNews) this.#drop(viewerId, new Set([...[...known].slice(1 - MAX_DENIALS_OF_VIEWER), name]));
    return isNews;
  }

  /** Removes a denial that no longer applies. If it comes again, it drops the viewer again. */
  allow(right: Right, allowed: Denied): void {
    right.denied.delete(nameOf(allowed));
  }

  /** Makes `rightOf` return this right, even before it is proven. */
  protected share(right: Right): void {
    if (right.lastSuccessAt === null && !right.isDropped) this.#underWay.set(right.viewerId, right);
  }

  /** Forgets a right that is not proven and not used any more. */
  protected release(right: Right): void {
    const isUsed = right.uncachedCalls > 0 || right.inUse.size > 0;
    if (!isUsed && this.#underWay.get(right.viewerId) === right) this.#underWay.delete(right.viewerId);
  }

  #known(viewerId: string): Right | undefined {
    return this.#proven.get(viewerId) ?? this.#underWay.get(viewerId) ?? this.#denied.get(viewerId);
  }

  #newRight(viewerId: string, denied: Set<string>): Right {
    this.#lastGeneration += 1;
    return new Right(viewerId, this.#lastGeneration.toString(36).padStart(GENERATION_LENGTH, '0'), denied);
  }

  #drop(viewerId: string, denied = new Set<string>()): void {
    const right = this.#known(viewerId);
    for (const rights of [this.#proven, this.#underWay, this.#denied]) rights.delete(viewerId);
    const next = this.#newRight(viewerId, denied);
    if (denied.size > 0) this.#denied.set(viewerId, next);
    if (right) this.#replace(right, next);
    this.#options.onDrop(viewerId);
  }

  #replace(right: Right, next: Right): void {
    right.isDropped = true;
    this.replaced(right, next);
    if (next.inUse.size > 0) this.share(next);
  }
}

const nameOf = ({ endpoint, workflowId }: Denied): string => {
  const name = `${endpoint} ${workflowId}`;
  return name.length > MAX_DENIED_LENGTH ? hash('sha256', name, 'base64url') : name;
};
