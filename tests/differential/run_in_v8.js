// node run_in_v8.js FOLDER < CALLS: the same calls in V8, in the same form of lines (write_modules.cpp).
const fs = require("fs");
const folder = process.argv[2];

function digest(memory) {
  let hash = 2166136261 | 0;
  for (const byte of new Uint8Array(memory.buffer)) hash = Math.imul(hash ^ byte, 16777619);
  return hash >>> 0;
}

let seed = null;
let exported = null;
const out = [];
for (const line of fs.readFileSync(0, "utf8").split("\n")) {
  if (line === "") continue;
  const [number, name, expected] = line.split(" ");
  if (number !== seed) {
    seed = number;
    exported = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(`${folder}/${seed}.wasm`)), {}).exports;
  }
  let result;
  try {
    const value = exported[name]();
    if (value === undefined) result = "nothing";
    else if (typeof value === "bigint") result = `i64:${BigInt.asUintN(64, value)}`;
    else result = `i32:${value >>> 0}`;
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    result = "trap";
  }
  out.push(`${seed} ${name} ${result} ${digest(exported.memory)}`);
}
console.log(out.join("\n"));
