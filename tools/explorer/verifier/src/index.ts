export { toJson } from "./json.js";
export { Refusal } from "./refusal.js";
export type { Reason } from "./refusal.js";
export { readCheckpoint, readGenesis, readTrustRoot } from "./trust.js";
export type { TrustRoot } from "./trust.js";
export { verifyProof } from "./verify.js";
export type { Verdict } from "./verify.js";
