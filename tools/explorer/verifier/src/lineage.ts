// docs/formats/proof.md, "Trace".
import { ascii, latin1 } from "./bytes.js";
import type { Entity, EpcisEvent } from "./proof.js";

const kParent = 2;
const kChild = 4;
const kInput = 8;
const kOutput = 16;
const kClass = 32;

export type Reached = "member" | "container";

export function keyOf(entity: Entity): string {
  return latin1(entity.kind) + "\0" + latin1(entity.id);
}

function entityOf(name: { roles: number; key: Uint8Array }): string {
  return keyOf({ kind: ascii((name.roles & kClass) !== 0 ? "lot" : "item"), id: name.key });
}

/**
 * Everything that the lineage of `start` reaches, by the events of each reached entity. Undefined when `eventsOf` knows nothing of a
 * reached entity: the file leaves something out.
 */
export function lineage(start: Entity, isForward: boolean, eventsOf: (entity: string) => EpcisEvent[] | undefined): Map<string, Reached> | undefined {
  const reached = new Map<string, Reached>();
  const open: string[] = [];
  const reach = (entity: string, as: Reached): void => {
    const before = reached.get(entity);
    if (before === "member" || before === as) { return; }
    reached.set(entity, as);
    open.push(entity);
  };
  reach(keyOf(start), "member");
  for (let entity = open.pop(); entity !== undefined; entity = open.pop()) {
    const events = eventsOf(entity);
    if (events === undefined) { return undefined; }
    const isMember = reached.get(entity) === "member";
    for (const event of events) {
      let own = 0;
      for (const name of event.names) {
        if (entityOf(name) === entity) { own |= name.roles; }
      }
      for (const name of event.names) {
        const other = entityOf(name);
        if (isMember && !isForward && (own & kOutput) !== 0 && (name.roles & kInput) !== 0) { reach(other, "member"); }
        if (isForward && (own & kInput) !== 0 && (name.roles & kOutput) !== 0) { reach(other, "member"); }
        if (isMember && (own & kParent) !== 0 && (name.roles & kChild) !== 0) { reach(other, "member"); }
        if ((own & kChild) !== 0 && (name.roles & kParent) !== 0) { reach(other, "container"); }
      }
    }
  }
  return reached;
}
