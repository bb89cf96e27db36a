// docs/formats/proof.md, "Trace".
import { latin1 } from "./bytes.js";
import type { EpcisEvent } from "./proof.js";

const kParent = 2;
const kChild = 4;
const kInput = 8;
const kOutput = 16;

export type Reached = "member" | "container";

/** The names of an event, looked at once however many histories it is in. */
class Names {
  private readonly roles = new Map<string, number>();
  private readonly followed = new Set<string>();

  constructor(event: EpcisEvent) {
    for (const name of event.names) {
      const id = latin1(name.key);
      this.roles.set(id, (this.roles.get(id) ?? 0) | name.roles);
    }
  }
  own(id: string): number {
    return this.roles.get(id) ?? 0;
  }
  /** All with this role. Empty from the second time on: whom they reach they have reached. */
  follow(role: number, as: Reached): string[] {
    const way = `${role} ${as}`;
    if (this.followed.has(way)) { return []; }
    this.followed.add(way);
    return [...this.roles].filter(([, roles]) => (roles & role) !== 0).map(([id]) => id);
  }
}

/**
 * Everything that the lineage of `start` reaches, by the events of each reached id. Undefined when `eventsOf` knows nothing of a reached
 * one: the file leaves something out. What an event says of the kind of a name (class or instance) is not looked at.
 */
export function lineage(start: string, isForward: boolean, eventsOf: Map<string, EpcisEvent[]>): Map<string, Reached> | undefined {
  const reached = new Map<string, Reached>();
  const open: string[] = [];
  const namesOf = new Map<EpcisEvent, Names>();
  const reach = (ids: string[], as: Reached): void => {
    for (const id of ids) {
      const before = reached.get(id);
      if (before === "member" || before === as) { continue; }
      reached.set(id, as);
      open.push(id);
    }
  };
  reach([start], "member");
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const events = eventsOf.get(id);
    if (events === undefined) { return undefined; }
    const isMember = reached.get(id) === "member";
    for (const event of events) {
      const names = namesOf.get(event) ?? new Names(event);
      namesOf.set(event, names);
      const own = names.own(id);
      if (isMember && !isForward && (own & kOutput) !== 0) { reach(names.follow(kInput, "member"), "member"); }
      if (isForward && (own & kInput) !== 0) { reach(names.follow(kOutput, "member"), "member"); }
      if (isMember && (own & kParent) !== 0) { reach(names.follow(kChild, "member"), "member"); }
      if ((own & kChild) !== 0) { reach(names.follow(kParent, "container"), "container"); }
    }
  }
  return reached;
}
