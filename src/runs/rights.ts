/**
 * The viewers' rights to what is cached for them. A right has a generation, which is part of its entries' keys: dropping a viewer makes
 * all of them unreachable at once. Before a call of a viewer has succeeded, nothing is kept of it but what it was denied.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { UpstreamEndpoint } from '../config/config.ts';
import { Right } from './entry.ts';
import type { Viewer } from './viewer.ts';

/** What a viewer may be denied: an endpoint of a workflow, or the list of workflows. */
export interface Denied {
  readonly endpoint: UpstreamEndpoint;
  /** Empty for the list of workflows. */
  readonly workflowId: string;
}

export interface RightsOptions {
  readonly reauthIntervalMs: number;
  /** True where the gateway itself verifies credentials: then each viewer is accepted. */
  readonly isVerified: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called with the viewer's id after each drop. */
  readonly onDrop: (viewerId: string) => void;
}

/** Enough for a million a second, for a month. */
const GENERATION_LENGTH = 8;
/** Viewers whose right is known, also of a cache of 0 bytes. Each takes some 900 bytes. A denial counts as one. */
const MAX_VIEWERS = 20_000;
/** Denials of viewers without a right: anybody can make up keys. */
const MAX_DENIALS_OF_OTHERS = 3000;
const MAX_DENIALS_OF_VIEWER = 100;
const MAX_DENIED_LENGTH = 100;

export abstract class Rights {
  readonly #options: RightsOptions;
  readonly #proven: LRUCache<string, Right>;
  /** Of viewers without a right, what they were denied. */
  readonly #denied: LRUCache<string, Right>;
  /** Of viewers without a right that have calls under way: no more than may wait for the upstream. */
  readonly #underWay = new Map<string, Right>();
  #lastGeneration = 0;

  constructor(options: RightsOptions) {
    this.#options = options;
    this.#proven = new LRUCache({
      maxSize: MAX_VIEWERS,
      sizeCalculation: ({ denied }) => 1 + denied.size,
      // Not `dispose`, in which no cache must be changed.
      disposeAfter: (right, viewerId, reason) => {
        if (reason === 'evict') this.#replace(right, this.#newRight(viewerId, right.denied));
      },
    });
    this.#denied = new LRUCache({ maxSize: MAX_DENIALS_OF_OTHERS, sizeCalculation: ({ denied }) => denied.size });
  }

  /** The right is dropped, and this is the viewer's next one: nothing of the former is served any more. */
  protected abstract replaced(right: Right, next: Right): void;

  /** The viewer's right; one that proves nothing, and is not kept, where no call has succeeded and none is under way. */
  rightOf(viewerId: string): Right {
    return this.#known(viewerId) ?? this.#newRight(viewerId, new Set());
  }

  /** All calls of a viewer that are under way share its right, also the first ones: dropping it reaches all of them. Call `end`, too. */
  begin(right: Right): void {
    right.calls += 1;
    this.share(right);
  }

  end(right: Right): void {
    right.calls -= 1;
    this.release(right);
  }

  /** A call that was sent then has succeeded. No effect after a drop. */
  prove(right: Right, sentAt: number): void {
    if (right.isDropped) return;
    right.firstSuccessAt = Math.min(right.firstSuccessAt ?? sentAt, sentAt);
    right.lastSuccessAt = Math.max(right.lastSuccessAt ?? 0, sentAt);
    this.#denied.delete(right.viewerId);
    if (this.#proven.get(right.viewerId) !== right) this.#proven.set(right.viewerId, right);
  }

  /** True if the gateway accepted the key of the viewer, or the upstream did at an earlier call. */
  isAccepted = (viewerId: string): boolean => this.#options.isVerified || this.hasRight(viewerId);

  /** A call of the viewer has succeeded since it was dropped last. */
  hasRight(viewerId: string): boolean {
    return this.#proven.has(viewerId);
  }

  /** Until when cached answers may be served without a call, in ms since 1970; 0: not at all. */
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

  /** Makes all entries of the viewer unreachable, and what its calls under way will answer. */
  drop(viewerId: string): void {
    this.#drop(viewerId, this.#known(viewerId)?.denied);
  }

  /** The viewer was denied that. Returns false, and drops nothing, if it was denied before. */
  deny(viewerId: string, denied: Denied): boolean {
    const name = nameOf(denied);
    const known = this.rightOf(viewerId).denied;
    const isNews = !known.has(name);
    if (isNews) this.#drop(viewerId, new Set([...[...known].slice(1 - MAX_DENIALS_OF_VIEWER), name]));
    return isNews;
  }

  /** The viewer has it: denied once more, that is news. */
  allow(right: Right, allowed: Denied): void {
    right.denied.delete(nameOf(allowed));
  }

  /** Who asks for the viewer's right gets this one, also before it is proven. */
  protected share(right: Right): void {
    if (right.lastSuccessAt === null && !right.isDropped) this.#underWay.set(right.viewerId, right);
  }

  /** One that is not proven is forgotten when nothing uses it any more. */
  protected release(right: Right): void {
    const isUsed = right.calls > 0 || right.inUse.size > 0;
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
