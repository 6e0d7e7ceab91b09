import { compress4Function, compressFunction, highPairs, highWords, iv, lowPairs, lowWords } from "./blake3-compress.js";
import {
  chains4At,
  hashes4At,
  headAt,
  identityAt,
  inAt,
  maskAt,
  memoryPages,
  outAt,
  payloadHashAt,
  previousAt,
  sequenceAt,
  spansAt,
  stackAt,
  tailsAt,
  words4At,
} from "./blake3-layout.js";
import {
  type Code,
  extract,
  get,
  int32,
  int64,
  type Local,
  littleEndian,
  load,
  operate,
  picks,
  repeatWhile,
  replace,
  select,
  set,
  shuffle,
  store64,
  store128,
  type WasmFunction,
  WasmModule,
  when,
  words4,
} from "./wasm-assembler.js";

// BLAKE3 in WebAssembly, assembled from this source when a peer starts. Every hash of ours is one tree of BLAKE3 whose
// key is the hash of a tag's text (its derive-key mode).

export const flags = { chunkStart: 1, chunkEnd: 2, parent: 4, root: 8, context: 32, material: 64 } as const;

const LANES = [0, 1, 2, 3] as const;

const add = (left: Code, right: Code) => operate("i32.add", left, right);
const step = (local: Local, by: number) => set(local, add(get(local), int32(by)));
const parameters = (made: WasmFunction) => made.parameters.map((_, position) => made.parameter(position));
const locals4 = (made: WasmFunction) => LANES.map(() => made.local("i32")) as unknown as readonly [Local, Local, Local, Local];
const splat = (value: Code) => operate("i32x4.splat", value);
const splatConstant = (value: number) => words4(value, value, value, value);
const copy16 = (to: Code, from: Code, offset = 0) => store128(to, load("v128.load", from, offset), offset);
const copy32 = (to: Code, from: Code) => copy16(to, from) + copy16(to, from, 16);
/** The last row of a compression's state. */
const lastRow = (counter: Code, length: Code, flagBits: Code) =>
  replace(replace(replace(words4(0, 0, 0, 0), 0, counter), 2, length), 3, flagBits);

/** Turns four rows of four words into four columns. */
function transpose(made: WasmFunction, rows: readonly Code[], store: (column: number, value: Code) => Code): void {
  const [a, b, c, d, e, f] = Array.from({ length: 6 }, () => made.local("v128")) as [Local, Local, Local, Local, Local, Local];
  made.emit(set(a, rows[0] as Code), set(b, rows[1] as Code), set(c, rows[2] as Code), set(d, rows[3] as Code));
  made.emit(set(e, shuffle(get(a), get(b), lowWords)), set(f, shuffle(get(c), get(d), lowWords)));
  made.emit(store(0, shuffle(get(e), get(f), lowPairs)), store(1, shuffle(get(e), get(f), highPairs)));
  made.emit(set(e, shuffle(get(a), get(b), highWords)), set(f, shuffle(get(c), get(d), highWords)));
  made.emit(store(2, shuffle(get(e), get(f), lowPairs)), store(3, shuffle(get(e), get(f), highPairs)));
}

/** Parameters: addresses of four blocks, whose words it interleaves into `words4At`. */
function gatherFunction(module: WasmModule): WasmFunction {
  const made = module.function("i32", "i32", "i32", "i32");
  const blocks = parameters(made);
  for (let part = 0; part < 4; part++) {
    const rows = blocks.map((block) => load("v128.load", get(block), part * 16));
    transpose(made, rows, (column, value) => store128(int32(words4At), value, (part * 4 + column) * 16));
  }
  return made;
}

/** Parameter: where four finished hashes go, one behind the other, from `chains4At`. */
function scatterFunction(module: WasmModule): WasmFunction {
  const made = module.function("i32");
  const out = made.parameter(0);
  for (let half = 0; half < 2; half++) {
    const rows = LANES.map((word) => load("v128.load", int32(chains4At), (half * 4 + word) * 16));
    transpose(made, rows, (lane, value) => store128(get(out), value, lane * 32 + half * 16));
  }
  return made;
}

/** Parameter: address of the key with which four hashes begin. */
function beginFunction(module: WasmModule): WasmFunction {
  const made = module.function("i32");
  for (let word = 0; word < 8; word++) {
    made.emit(store128(int32(chains4At), load("v128.load32_splat", get(made.parameter(0)), word * 4), word * 16));
  }
  return made;
}

/** Parameters: address of what is left of an input, its length (at most 64 counts), where it goes padded with zeros. */
function padFunction(module: WasmModule): WasmFunction {
  const made = module.function("i32", "i32", "i32");
  const [from, length, to] = parameters(made) as [Local, Local, Local];
  const window = made.local("i32");
  made.emit(set(window, operate("i32.sub", int32(maskAt + 64), get(length))));
  for (let at = 0; at < 64; at += 16) {
    made.emit(store128(get(to), operate("v128.and", load("v128.load", get(from), at), load("v128.load", get(window), at)), at));
  }
  return made;
}

interface Parts {
  readonly compress: WasmFunction;
  readonly compress4: WasmFunction;
  readonly gather: WasmFunction;
  readonly scatter: WasmFunction;
  readonly begin: WasmFunction;
  readonly pad: WasmFunction;
}

/** Parameters: key, input, its length (0–1024), number of the chunk, flags of every block, further flags of the last,
 * where the chaining value goes. */
function chunkFunction(module: WasmModule, { compress, pad }: Parts): WasmFunction {
  const made = module.function("i32", "i32", "i32", "i32", "i32", "i32", "i32");
  const [key, input, length, counter, every, last, out] = parameters(made) as [Local, Local, Local, Local, Local, Local, Local];
  const [chain, start] = [made.local("i32"), made.local("i32")];
  made.emit(
    set(chain, get(key)),
    set(start, int32(flags.chunkStart)),
    repeatWhile(
      operate("i32.gt_u", get(length), int32(64)),
      compress.call(get(chain), get(input), get(out), lastRow(get(counter), int32(64), operate("i32.or", get(every), get(start)))),
      set(chain, get(out)),
      set(start, int32(0)),
      step(input, 64),
      step(length, -64),
    ),
    pad.call(get(input), get(length), int32(tailsAt)),
    set(last, operate("i32.or", operate("i32.or", get(last), get(every)), get(start))),
    compress.call(get(chain), int32(tailsAt), get(out), lastRow(get(counter), get(length), get(last))),
  );
  return made;
}

/** Parameters: key, addresses of four inputs, a vector of their lengths (0–1024). Leaves their hashes in `hashes4At`.
 * All four go as far as the longest; a shorter one's chaining value stands still from its end. */
function hash4Function(module: WasmModule, { compress4, gather, scatter, begin, pad }: Parts): WasmFunction {
  const made = module.function("i32", "i32", "i32", "i32", "i32", "v128");
  const [key, p, q, r, s, left] = parameters(made) as [Local, Local, Local, Local, Local, Local];
  const inputs = [p, q, r, s];
  const [length, flagBits, active, first] = [made.local("v128"), made.local("v128"), made.local("v128"), made.local("v128")];
  const tail = (lane: number) => int32(tailsAt + lane * 64);
  made.emit(
    begin.call(get(key)),
    set(first, splatConstant(flags.material | flags.chunkStart)),
    set(active, splatConstant(-1)),
    repeatWhile(
      operate("v128.any_true", get(active)),
      set(length, operate("i32x4.max_s", operate("i32x4.min_s", get(left), splatConstant(64)), words4(0, 0, 0, 0))),
      when(
        operate("i32x4.all_true", operate("i32x4.eq", get(length), splatConstant(64))),
        [gather.call(...inputs.map(get))],
        [...inputs.map((input, lane) => pad.call(get(input), extract(get(length), lane), tail(lane))), gather.call(...LANES.map(tail))],
      ),
      // What is left after this block decides whether it is the last.
      set(left, operate("i32x4.sub", get(left), splatConstant(64))),
      set(flagBits, operate("i32x4.gt_s", get(left), words4(0, 0, 0, 0))),
      set(
        flagBits,
        operate(
          "v128.or",
          get(first),
          operate("v128.bitselect", words4(0, 0, 0, 0), splatConstant(flags.chunkEnd | flags.root), get(flagBits)),
        ),
      ),
      compress4.call(words4(0, 0, 0, 0), get(length), get(flagBits), get(active)),
      set(first, splatConstant(flags.material)),
      set(active, operate("i32x4.gt_s", get(left), words4(0, 0, 0, 0))),
      ...inputs.map((input) => step(input, 64)),
    ),
    scatter.call(int32(hashes4At)),
  );
  return made;
}

/** Parameters: key, flags of every block, chunks complete. Joins the subtrees that the last chunk has completed. */
function joinFunction(module: WasmModule, { compress }: Parts): WasmFunction {
  const made = module.function("i32", "i32", "i32");
  const [key, every, complete] = parameters(made) as [Local, Local, Local];
  const slot = made.local("i32");
  const row = lastRow(int32(0), int32(64), operate("i32.or", get(every), int32(flags.parent)));
  made.emit(
    set(slot, slotAddress(operate("i32.popcnt", operate("i32.sub", get(complete), int32(1))))),
    repeatWhile(
      operate("i32.eqz", operate("i32.and", get(complete), int32(1))),
      step(slot, -32),
      compress.call(get(key), get(slot), get(slot), row),
      set(complete, operate("i32.shr_u", get(complete), int32(1))),
    ),
  );
  return made;
}

const slotAddress = (slot: Code) => add(int32(stackAt), operate("i32.shl", slot, int32(5)));

/** Exported. Parameters: key, whole chunks in `inAt`, chunks before them. More input is sure to follow: the last chunk
 * of an input goes to `finish`, because its tree ends otherwise. */
function absorbFunction(module: WasmModule, parts: Parts & { readonly chunk: WasmFunction; readonly join: WasmFunction }): WasmFunction {
  const { compress4, gather, scatter, begin, chunk, join } = parts;
  const made = module.function("i32", "i32", "i32");
  const [key, count, counter] = parameters(made) as [Local, Local, Local];
  const [input, block, taken] = [made.local("i32"), made.local("i32"), made.local("i32")];
  const flagBits = made.local("v128");
  const slot = slotAddress(operate("i32.popcnt", get(counter)));
  const material = int32(flags.material);
  made.emit(
    set(input, int32(inAt)),
    repeatWhile(
      operate("i32.ge_u", get(count), int32(4)),
      begin.call(get(key)),
      set(block, int32(0)),
      repeatWhile(
        operate("i32.lt_u", get(block), int32(16)),
        gather.call(...LANES.map((lane) => add(get(input), int32(lane * 1024)))),
        set(flagBits, splat(operate("i32.or", material, operate("i32.eqz", get(block))))),
        when(operate("i32.eqz", operate("i32.ne", get(block), int32(15))), [set(flagBits, splatConstant(flags.material | flags.chunkEnd))]),
        compress4.call(operate("i32x4.add", splat(get(counter)), words4(0, 1, 2, 3)), splatConstant(64), get(flagBits), splatConstant(-1)),
        step(input, 64),
        step(block, 1),
      ),
      step(input, 3 * 1024),
      scatter.call(int32(hashes4At)),
      set(taken, int32(hashes4At)),
      repeatWhile(
        operate("i32.ne", get(taken), int32(hashes4At + 128)),
        copy32(slot, get(taken)),
        step(counter, 1),
        join.call(get(key), material, get(counter)),
        step(taken, 32),
      ),
      step(count, -4),
    ),
    repeatWhile(
      get(count),
      chunk.call(get(key), get(input), int32(1024), get(counter), material, int32(flags.chunkEnd), slot),
      step(counter, 1),
      join.call(get(key), material, get(counter)),
      step(input, 1024),
      step(count, -1),
    ),
  );
  return made;
}

/** Exported. Parameters: key, length of the last chunk in `inAt`, chunks before it, flags of every block. Leaves the
 * hash in the first slot of the stack. */
function finishFunction(module: WasmModule, { compress, chunk }: Parts & { readonly chunk: WasmFunction }): WasmFunction {
  const made = module.function("i32", "i32", "i32", "i32");
  const [key, length, counter, every] = parameters(made) as [Local, Local, Local, Local];
  const slot = made.local("i32");
  const end = select(int32(flags.chunkEnd), int32(flags.chunkEnd | flags.root), get(counter));
  const root = select(int32(flags.parent), int32(flags.parent | flags.root), operate("i32.ne", get(slot), int32(stackAt)));
  made.emit(
    set(slot, slotAddress(operate("i32.popcnt", get(counter)))),
    chunk.call(get(key), int32(inAt), get(length), get(counter), get(every), end, get(slot)),
    repeatWhile(
      operate("i32.ne", get(slot), int32(stackAt)),
      step(slot, -32),
      compress.call(get(key), get(slot), get(slot), lastRow(int32(0), int32(64), operate("i32.or", get(every), root))),
    ),
  );
  return made;
}

/** Exported. Parameters: key, number of pairs in `inAt`. Their hashes go to `outAt`, and up to three worthless ones
 * behind them. */
function parentsFunction(module: WasmModule, { compress, compress4, gather, scatter, begin }: Parts): WasmFunction {
  const made = module.function("i32", "i32");
  const [key, count] = parameters(made) as [Local, Local];
  const [input, out, rest] = [made.local("i32"), made.local("i32"), made.local("i32")];
  const whole = flags.material | flags.chunkStart | flags.chunkEnd | flags.root;
  made.emit(
    set(input, int32(inAt)),
    set(out, int32(outAt)),
    set(rest, add(int32(outAt), operate("i32.shl", get(count), int32(5)))),
    repeatWhile(
      operate("i32.gt_u", get(rest), add(get(out), int32(32))),
      begin.call(get(key)),
      gather.call(...LANES.map((lane) => add(get(input), int32(lane * 64)))),
      compress4.call(words4(0, 0, 0, 0), splatConstant(64), splatConstant(whole), splatConstant(-1)),
      scatter.call(get(out)),
      step(input, 256),
      step(out, 128),
    ),
    when(operate("i32.gt_u", get(rest), get(out)), [compress.call(get(key), get(input), get(out), words4(0, 0, 64, whole))]),
  );
  return made;
}

/** Parameters: key of ids, span, what to add to its offset for an address, seq, address of the payload's hash, where the
 * id goes. The previous id is taken from, and this one left in, `previousAt`. */
function identityFunction(module: WasmModule, { chunk }: { readonly chunk: WasmFunction }): WasmFunction {
  const made = module.function("i32", "i32", "i32", "i64", "i32", "i32");
  const [key, span, base, seq, payloadHash, out] = parameters(made) as [Local, Local, Local, Local, Local, Local];
  const [head, length, copied] = [made.local("i32"), made.local("i32"), made.local("i32")];
  const reversed = shuffle(operate("i64x2.splat", get(seq)), words4(0, 0, 0, 0), picks(7, 6, 5, 4, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1, 0));
  made.emit(
    store64(int32(sequenceAt), reversed),
    copy32(int32(payloadHashAt), get(payloadHash)),
    set(head, add(get(base), load("i32.load", get(span)))),
    set(length, load("i32.load", get(span), 4)),
    repeatWhile(
      operate("i32.lt_u", get(copied), get(length)),
      store128(get(copied), load("v128.load", add(get(head), get(copied))), headAt),
      step(copied, 16),
    ),
    chunk.call(
      get(key),
      int32(identityAt),
      add(get(length), int32(headAt - identityAt)),
      int32(0),
      int32(flags.material),
      int32(flags.chunkEnd | flags.root),
      get(out),
    ),
    copy32(int32(previousAt), get(out)),
  );
  return made;
}

/** Exported. Parameters: key of payloads, key of ids, number of events whose spans lie in `spansAt`, what to add to an
 * offset for an address, seq of the first. Their ids go to `outAt`. Each payload and each id is one chunk at most. */
function eventsFunction(module: WasmModule, parts: { readonly hash4: WasmFunction; readonly chunk: WasmFunction }): WasmFunction {
  const { hash4, chunk } = parts;
  const identity = identityFunction(module, parts);
  const made = module.function("i32", "i32", "i32", "i32", "f64");
  const [payloadKey, key, count, base, firstSeq] = parameters(made) as [Local, Local, Local, Local, Local];
  const [span, out, hash, end] = locals4(made);
  const seq = made.local("i64");
  const payload = (offset: number) => add(add(get(base), load("i32.load", get(span), offset)), load("i32.load", get(span), offset + 4));
  const length = (offset: number) => load("i32.load", get(span), offset + 8);
  const lengths = LANES.reduce<Code>((vector, lane) => replace(vector, lane, length(lane * 12)), words4(0, 0, 0, 0));
  made.emit(
    set(seq, operate("i64.trunc_f64_u", get(firstSeq))),
    set(span, int32(spansAt)),
    set(out, int32(outAt)),
    repeatWhile(
      get(count),
      set(hash, int32(hashes4At)),
      when(
        operate("i32.ge_u", get(count), int32(4)),
        [hash4.call(get(payloadKey), ...LANES.map((lane) => payload(lane * 12)), lengths), set(end, int32(hashes4At + 128))],
        [
          chunk.call(
            get(payloadKey),
            payload(0),
            length(0),
            int32(0),
            int32(flags.material),
            int32(flags.chunkEnd | flags.root),
            get(hash),
          ),
          set(end, int32(hashes4At + 32)),
        ],
      ),
      repeatWhile(
        operate("i32.ne", get(hash), get(end)),
        identity.call(get(key), get(span), get(base), get(seq), get(hash), get(out)),
        set(seq, operate("i64.add", get(seq), int64(1))),
        step(span, 12),
        step(out, 32),
        step(hash, 32),
        step(count, -1),
      ),
    ),
  );
  return made;
}

/** Start of the memory: the initial value, and the mask. */
function data(): Code {
  const start = littleEndian(iv).padEnd(maskAt, "\0");
  return `${start}${"\xff".repeat(64)}${"\0".repeat(64)}`;
}

/** The same bytes every time. Needs an engine with 128-bit SIMD. */
export function blake3Module(): Uint8Array<ArrayBuffer> {
  const module = new WasmModule();
  const primitives = {
    compress: compressFunction(module),
    compress4: compress4Function(module),
    gather: gatherFunction(module),
    scatter: scatterFunction(module),
    begin: beginFunction(module),
    pad: padFunction(module),
  };
  const parts = { ...primitives, chunk: chunkFunction(module, primitives), join: joinFunction(module, primitives) };
  module.export("absorb", absorbFunction(module, parts));
  module.export("finish", finishFunction(module, parts));
  module.export("parents", parentsFunction(module, parts));
  module.export("events", eventsFunction(module, { hash4: hash4Function(module, parts), chunk: parts.chunk }));
  return module.finish({ pages: memoryPages, data: data() });
}
