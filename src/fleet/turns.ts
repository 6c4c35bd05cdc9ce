/**
 * Turns by leases: of all gateways that watch a run for a viewer, the leader polls and announces each read. Data goes through the
 * shared tier: a wrong belief about the lease costs a call, never a wrong answer.
 */
import { randomBytes } from 'node:crypto';
import type { PollerRole } from '../observability/fleet-metrics.ts';
import type { JoinTurns, Turns, TurnsListener } from '../runs/ports.ts';
import type { Fleet } from './fleet.ts';
import type { Lease } from './leases.ts';

export interface FleetTurns {
  /** `name` is the same at all gateways, and reveals nothing about the run. */
  of(name: string): JoinTurns;
  readonly roles: Readonly<Record<PollerRole, number>>;
}

/** The metric label of the leases, and the channel of the announcements. */
const PURPOSE = 'poll';
/** A lease lasts this many intervals. Each gateway asks for it once an interval: a dead leader is replaced within 2.5 intervals. */
const LEASE_INTERVALS = 1.5;

const NEWS = ['READ', 'VACANT'] as const;
type News = (typeof NEWS)[number];

interface Member extends Turns {
  readonly role: PollerRole;
  hear(news: News): void;
}

export function createFleetTurns({
  leases,
  announcements,
  after,
}: Pick<Fleet, 'leases' | 'announcements' | 'after'>): FleetTurns {
  /** A gateway receives its own announcements, and ignores them. */
  const sender = randomBytes(6).toString('base64url');
  const members = new Map<string, Set<Member>>();

  const announce = (news: News, name: string): void =>
    void announcements.announce(PURPOSE, `${news} ${sender} ${name}`);

  announcements.listen(PURPOSE, (payload) => {
    const [word, from, name = ''] = payload.split(' ');
    const news = NEWS.find((each) => each === word);
    if (!news || from === sender) return;
    for (const member of members.get(name) ?? []) member.hear(news);
  });

  function enter(name: string, member: Member): () => void {
    const present = members.get(name) ?? new Set<Member>();
    members.set(name, present.add(member));
    return () => {
      present.delete(member);
      if (present.size === 0) members.delete(name);
    };
  }

  function join(name: string, { intervalMs, onTurn, onAnnounced }: TurnsListener): Turns {
    const leaseMs = intervalMs * LEASE_INTERVALS;
    let role: PollerRole = 'follower';
    let lease: Lease | null = null;
    let claiming: Promise<void> | null = null;
    /** The lease was released during a claim, maybe after its answer. */
    let heardVacant = false;
    let hasLeft = false;
    let cancelTimer = (): void => undefined;

    /** Asks for the lease, or extends it. Single flight. */
    const claim = (): Promise<void> =>
      (claiming ??= claimedRole().then((claimed) => {
        claiming = null;
        const isVacated = heardVacant;
        heardVacant = false;
        if (hasLeft) return;
        cancelTimer();
        cancelTimer = after(intervalMs, () => void claim());
        if (isVacated && claimed === 'follower') void claim();
        if (claimed === role) return;
        role = claimed;
        onTurn();
      }));

    async function claimedRole(): Promise<PollerRole> {
      const isKept = await lease?.extend(leaseMs);
      if (lease && isKept !== false) return isKept ? 'leader' : 'alone';
      const acquired = await leases.acquire(PURPOSE, name, leaseMs);
      lease = acquired ?? null;
      if (acquired === undefined) return 'alone';
      return lease ? 'leader' : 'follower';
    }

    async function release(handsOver: boolean): Promise<void> {
      await claiming;
      if (!lease) return;
      await lease.release();
      if (handsOver) announce('VACANT', name);
    }

    const member: Member = {
      get role() {
        return role;
      },
      get areOurs() {
        return role !== 'follower';
      },
      announce() {
        announce('READ', name);
      },
      hear(news) {
        if (news === 'READ') onAnnounced();
        else if (claiming) heardVacant = true;
        else void claim();
      },
      leave(handsOver) {
        if (hasLeft) return;
        hasLeft = true;
        cancelTimer();
        exit();
        void release(handsOver);
      },
    };
    const exit = enter(name, member);
    void claim();
    return member;
  }

  return {
    of: (name) => (listener) => join(name, listener),
    get roles() {
      const roles = { leader: 0, follower: 0, alone: 0 };
      for (const present of members.values()) for (const { role } of present) roles[role] += 1;
      return roles;
    },
  };
}
