export type Reason = "PROOF_MALFORMED" | "PROOF_OTHER_CHAIN" | "PROOF_OTHER_EPOCH" | "PROOF_OTHER_SUBJECT" | "PROOF_INVALID" | "TRUST_ROOT_INVALID";

/** Why a proof, or what it should be checked against, is refused. */
export class Refusal extends Error {
  constructor(readonly reason: Reason, message: string) {
    super(message);
  }
}

export function malformed(message: string): Refusal {
  return new Refusal("PROOF_MALFORMED", message);
}

/** Refuses unless `holds`. */
export function demand(holds: boolean, message: string): asserts holds {
  if (!holds) { throw new Refusal("PROOF_INVALID", message); }
}
