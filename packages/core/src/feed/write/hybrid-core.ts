import { hybridFinishMsMax, hybridHeadsMax, hybridRetryMsMax, hybridTakesMax } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import { compareBytes, equalBytes } from "../../bytes/order.js";
import { compareStamps, type Stamp } from "../../clock/stamp.js";
import type { FalconJob, FalconResult, Hasher } from "../../identity/crypto.js";
import type { AuthorId } from "../../identity/ids.js";
import type { SubjectPath } from "../../identity/subject-path.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import { type SealTree, sealTree } from "../../proof/seal-tree.js";
import type { KeySpace } from "../../protocol/key-space.js";
import type { Core, Effect, Input, Json, Outcome, Protocol, Surroundings, Vocabulary } from "../../protocol/protocol.js";
import { hybridKey, unsealedKey } from "../../store/keys.js";
import { encodeHybridRecord, type SealedHead } from "../../store/records.js";
import { DamagedStore, FeedView } from "../lane/feed-view.js";
import { hybridFit } from "../lane/lane-reach.js";
import { LaneReader } from "../lane/lane-reader.js";
import { type HybridCheckpoint, hybridVerifyJob } from "../seal/hybrid-seal.js";
import { type LaneHead, sealLeaf, sealMessage } from "../seal/seal.js";

// The core of the second signature. A commit of ours marks the lanes it touched; about once a second the marked ones go
// under one Falcon-512 signature, made elsewhere as a job, and seals and the removal of marks are one write. What is on
// its way when the peer ends is still marked when it begins again. Also takes in what other authors sealed so.

export type HybridCommand =
  /** A lane of ours has grown: seal it before long. */
  | { readonly kind: "grown" }
  /** Seal what is marked now, and say when it is done. */
  | { readonly kind: "finish"; readonly token: number }
  | { readonly kind: "take"; readonly token: number; readonly checkpoint: HybridCheckpoint };

export type HybridTaking =
  | "taken"
  /** One that reaches as far is here. */
  | "held"
  /** It is over more events than are here: offer it again when they are. */
  | "ahead"
  /** Not what its author signed, or of no hybrid author's lane. Whoever sent it made it up; the author is not to blame. */
  | Malformed;

export type HybridNotice =
  | { readonly kind: "finished"; readonly token: number }
  | { readonly kind: "took"; readonly token: number; readonly taking: HybridTaking }
  | { readonly kind: "refused"; readonly token: number; readonly code: "busy" | "corrupt"; readonly reason: string }
  /** Of feeds in these subjects more is signed by both keys. */
  | { readonly kind: "sealed"; readonly paths: readonly SubjectPath[]; readonly lanes: readonly number[] }
  /** Whoever waits for an answer asks again: this core begins anew. */
  | { readonly kind: "begun" }
  /** No lane is marked: the next growth is to be told. */
  | { readonly kind: "clean" };

export type HybridWrite =
  | { readonly kind: "hybrid"; readonly lane: number; readonly sealed: SealedHead }
  | { readonly kind: "unmarked"; readonly lane: number };

export interface HybridVocabulary extends Vocabulary {
  Message: never;
  Command: HybridCommand;
  Notice: HybridNotice;
  Timer: "seal" | "give up";
  Write: HybridWrite;
  View: FeedView;
  Job: FalconJob;
  Result: FalconResult;
}

type Hybrid = HybridVocabulary;
type Effects = Effect<Hybrid>[];

export interface HybridOptions {
  readonly hasher: Hasher;
  readonly author: AuthorId;
}

const SEAL_EVERY_MS = 1_000;
const SEAL_COST = hybridHeadsMax * 10;

export function hybridProtocol(options: HybridOptions): Protocol<Hybrid> {
  return {
    name: "hybrid",
    tag: 3,
    closesTurns: false,
    create: () => new HybridCore(options),
    codec: { encode: (message) => message, decode: () => new Malformed("hybrid seals have no messages") },
    classOf: () => "bulk",
    costOf: ({ kind }) => (kind === "expired" || kind === "computed" ? SEAL_COST : 10),
    open: (keys) => ({ view: new FeedView(keys), apply: (write) => applyHybridWrite(keys, write) }),
  };
}

function applyHybridWrite(keys: KeySpace, write: HybridWrite): void {
  if (write.kind === "unmarked") return keys.remove(unsealedKey(write.lane));
  return keys.put(hybridKey(write.lane), encodeHybridRecord(write.sealed));
}

interface MarkedLane {
  readonly number: number;
  readonly head: LaneHead;
  readonly stamp: Stamp;
}

interface Signing {
  readonly job: FalconJob;
  readonly lanes: readonly MarkedLane[];
  readonly tree: SealTree;
  readonly stamp: Stamp;
}

interface Standing {
  readonly size: number;
  readonly hybridSize: number;
  readonly path: SubjectPath | undefined;
}

interface Verifying {
  readonly token: number;
  readonly lane: number;
  readonly checkpoint: HybridCheckpoint;
}

class HybridCore implements Core<Hybrid> {
  readonly #options: HybridOptions;
  #scheduled = false;
  #signing: Signing | undefined;
  readonly #verifying = new Map<FalconJob, Verifying>();
  /** Tokens of those who wait until nothing is marked. */
  readonly #finishing: number[] = [];
  #failures = 0;
  #sealed = 0;
  #taken = 0;
  #dropped = 0;

  constructor(options: HybridOptions) {
    this.#options = options;
  }

  step(input: Input<Hybrid>, around: Surroundings<Hybrid>): readonly Effect<Hybrid>[] {
    switch (input.kind) {
      case "started":
        return [{ kind: "notify", notice: { kind: "begun" } }, ...(marks(around.view, 1).length > 0 ? this.#schedule(SEAL_EVERY_MS) : [])];
      case "commanded":
        return this.#commanded(input.command, around);
      case "expired":
        if (input.timer === "give up") return this.#finished();
        this.#scheduled = false;
        return this.#seal(around.view);
      case "computed":
        return input.job === this.#signing?.job
          ? this.#signed(input.outcome, around.view)
          : this.#verified(input.job, input.outcome, around.view);
      default:
        return [];
    }
  }

  describe(): Json {
    const { length: finishing } = this.#finishing;
    return {
      signing: this.#signing?.lanes.length ?? 0,
      verifying: this.#verifying.size,
      finishing,
      sealed: this.#sealed,
      taken: this.#taken,
      dropped: this.#dropped,
      failures: this.#failures,
    };
  }

  #commanded(command: HybridCommand, { view }: Surroundings<Hybrid>): Effects {
    switch (command.kind) {
      case "grown":
        return this.#schedule(SEAL_EVERY_MS);
      case "finish":
        this.#finishing.push(command.token);
        return [{ kind: "schedule", timer: "give up", delayMs: hybridFinishMsMax }, ...this.#seal(view)];
      case "take":
        return this.#take(command.token, command.checkpoint, view);
    }
  }

  // --- our own ---

  #schedule(delayMs: number): Effects {
    // One that is to come later gives way to one that is due at once.
    if ((this.#scheduled && delayMs > 0) || this.#signing !== undefined) return [];
    this.#scheduled = true;
    return [{ kind: "schedule", timer: "seal", delayMs }];
  }

  #finished(): Effects {
    const waiting = this.#finishing.splice(0);
    return waiting.map((token) => ({ kind: "notify", notice: { kind: "finished", token } }));
  }

  /** Has the lanes that are marked signed, if that is not under way. */
  #seal(view: FeedView): Effects {
    if (this.#signing !== undefined) return [];
    const effects: Effects = [];
    const marked = marks(view, hybridHeadsMax);
    const lanes = marked.flatMap((number) => this.#marked(view, number, effects));
    if (lanes.length > 0) return [...effects, { kind: "compute", job: this.#sign(lanes) }];
    // Where only marks were taken away, there may be others behind them.
    if (marked.length > 0) return [...effects, ...this.#schedule(0)];
    return [...this.#finished(), { kind: "notify", notice: { kind: "clean" } }];
  }

  /** What is damaged is not signed, and what is frozen is no more signed: an audit tells of the one, its proof of the other. */
  #marked(view: FeedView, number: number, effects: Effects): MarkedLane[] {
    const { hasher } = this.#options;
    const found = unlessDamaged(() => {
      const lane = new LaneReader(view, hasher, number).laneId();
      return { lane, record: view.head(number) };
    });
    if (!(found instanceof DamagedStore) && found.record?.freezeAt === 0) {
      const { size, headId, stamp } = found.record;
      return [{ number, head: { lane: found.lane, size, mmrRoot: mmrRoot(hasher, found.record), headId }, stamp }];
    }
    effects.push({ kind: "write", write: { kind: "unmarked", lane: number } });
    return [];
  }

  #sign(marked: readonly MarkedLane[]): FalconJob {
    const { hasher, author } = this.#options;
    const lanes = [...marked].sort((left, right) => compareBytes(left.head.lane, right.head.lane));
    const tree = sealTree(
      hasher,
      lanes.map(({ head }) => sealLeaf(hasher, head)),
    );
    const stamp = lanes.map((lane) => lane.stamp).reduce((left, right) => (compareStamps(left, right) < 0 ? right : left));
    const message = sealMessage({ author, stamp, leaves: lanes.length, root: tree.root }, "hybridSeal");
    const job: FalconJob = { kind: "falcon sign", message };
    this.#signing = { job, lanes, tree, stamp };
    return job;
  }

  #signed(outcome: Outcome<FalconResult>, view: FeedView): Effects {
    const { lanes, tree, stamp } = this.#signing as Signing;
    this.#signing = undefined;
    if (outcome.kind === "failed" || outcome.result.kind !== "signed") {
      this.#failures++;
      return [...this.#finished(), ...this.#schedule(Math.min(SEAL_EVERY_MS * 2 ** this.#failures, hybridRetryMsMax))];
    }
    const { signature } = outcome.result;
    const effects: Effects = [];
    const paths = new Set<SubjectPath>();
    const sealedLanes: number[] = [];
    lanes.forEach(({ number, head }, index) => {
      const standing = unlessDamaged(() => this.#standing(view, number, head));
      // A lane may have been put on another history since.
      if (standing === undefined || standing instanceof DamagedStore) return;
      if (standing.size === head.size) effects.push({ kind: "write", write: { kind: "unmarked", lane: number } });
      // Another store of this author may have sealed more of it meanwhile.
      if (standing.hybridSize >= head.size) return;
      const seal = { size: head.size, stamp, leaves: lanes.length, index, path: tree.path(index), signature };
      const sealed = { mmrRoot: head.mmrRoot, headId: head.headId, seal };
      effects.push({ kind: "write", write: { kind: "hybrid", lane: number, sealed } });
      sealedLanes.push(number);
      if (standing.path !== undefined) paths.add(standing.path);
    });
    if (paths.size > 0) effects.push({ kind: "notify", notice: { kind: "sealed", paths: [...paths], lanes: sealedLanes } });
    this.#failures = 0;
    this.#sealed += lanes.length;
    return [...effects, ...this.#schedule(lanes.length === hybridHeadsMax || this.#finishing.length > 0 ? 0 : SEAL_EVERY_MS)];
  }

  /** Of the lane now, if what was sealed is still how it begins. */
  #standing(view: FeedView, number: number, { lane, size, headId }: LaneHead): Standing | undefined {
    const id = new LaneReader(view, this.#options.hasher, number).nodes(lane).leaves(size - 1, 1);
    const [head, record] = [view.head(number), view.lane(number)];
    if (id === undefined || !equalBytes(id, headId) || head === undefined || record === undefined) return undefined;
    return { size: head.size, hybridSize: view.hybrid(number)?.seal.size ?? 0, path: view.subject(record.subject) };
  }

  // --- others' ---

  #take(token: number, checkpoint: HybridCheckpoint, view: FeedView): Effects {
    const took = (taking: HybridTaking): Effects => [{ kind: "notify", notice: { kind: "took", token, taking } }];
    if (this.#verifying.size >= hybridTakesMax) return refused(token, "busy", "more hybrid seals are being verified than may be at a time");
    const begun = unlessDamaged(() => this.#verification(view, checkpoint));
    if (begun instanceof DamagedStore) return refused(token, "corrupt", begun.message);
    if (begun instanceof Malformed || typeof begun === "string") return took(begun);
    this.#verifying.set(begun.job, { token, lane: begun.lane, checkpoint });
    return [{ kind: "compute", job: begun.job }];
  }

  #verification(
    view: FeedView,
    checkpoint: HybridCheckpoint,
  ): Exclude<HybridTaking, "taken"> | { readonly lane: number; readonly job: FalconJob } {
    const { subject, author, epoch } = checkpoint.place;
    const lane = view.laneNumber(subject, author, epoch);
    if (lane === undefined) return "ahead";
    const taking = this.#taking(view, lane, checkpoint);
    if (taking !== "fits") return taking;
    const keys = view.keysOf(author);
    if (keys.suite !== 2) return new Malformed("a hybrid seal of an author that has no Falcon key");
    const job = hybridVerifyJob(this.#options.hasher, keys, checkpoint);
    return job instanceof Malformed ? job : { lane, job };
  }

  #taking(view: FeedView, lane: number, checkpoint: HybridCheckpoint): Exclude<HybridTaking, "taken"> | "fits" {
    if ((view.hybrid(lane)?.seal.size ?? 0) >= checkpoint.seal.size) return "held";
    const fits = hybridFit(view, this.#options.hasher, lane, checkpoint);
    return fits === "another" ? new Malformed("it is over other events than those held") : fits;
  }

  #verified(job: FalconJob, outcome: Outcome<FalconResult>, view: FeedView): Effects {
    const verifying = this.#verifying.get(job);
    // Asked for before this core began anew.
    if (verifying === undefined) return [];
    this.#verifying.delete(job);
    const { token, lane, checkpoint } = verifying;
    if (outcome.kind === "failed") return refused(token, "busy", `it could not be verified: ${outcome.reason}`);
    const taking = unlessDamaged(() => this.#verdictOn(outcome.result, view, verifying));
    if (taking instanceof DamagedStore) return refused(token, "corrupt", taking.message);
    const notice: Effects = [{ kind: "notify", notice: { kind: "took", token, taking } }];
    if (taking instanceof Malformed) this.#dropped++;
    if (taking !== "taken") return notice;
    this.#taken++;
    const { mmrRoot: root, headId, seal } = checkpoint;
    const path = view.subject(checkpoint.place.subject);
    const sealed: Effects = path === undefined ? [] : [{ kind: "notify", notice: { kind: "sealed", paths: [path], lanes: [lane] } }];
    return [{ kind: "write", write: { kind: "hybrid", lane, sealed: { mmrRoot: root, headId, seal } } }, ...sealed, ...notice];
  }

  #verdictOn(result: FalconResult, view: FeedView, { lane, checkpoint }: Verifying): HybridTaking {
    if (result.kind !== "verified" || result.verdict === "bad") return new Malformed("a seal that its author did not sign");
    const taking = this.#taking(view, lane, checkpoint);
    return taking === "fits" ? "taken" : taking;
  }
}

function refused(token: number, code: "busy" | "corrupt", reason: string): Effects {
  return [{ kind: "notify", notice: { kind: "refused", token, code, reason } }];
}

/** Lanes of ours whose second signature is due. Marks that cannot be read are for an audit to tell of. */
function marks(view: FeedView, limit: number): readonly number[] {
  const found = unlessDamaged(() => view.unsealedLanes(limit));
  return found instanceof DamagedStore ? [] : found;
}

/** Damage to what it reads is no reason for a core to fail: the feeds themselves go on, and an audit must be able to run. */
function unlessDamaged<T>(read: () => T): T | DamagedStore {
  try {
    return read();
  } catch (error) {
    if (error instanceof DamagedStore) return error;
    throw error;
  }
}
