import { orSet, pnCounter, SinterError, text } from "@sinter/core";
import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { settled } from "../hosts/settled.suite.js";
import { appPeersMax } from "../limits.js";
import { SimulationError } from "../world.js";
import { AppWorld, type AppWorldOptions } from "./app-world.js";

const begin = (options: Partial<AppWorldOptions> = {}) => AppWorld.begin({ seed: 1, peers: 3, hasher, settled, ...options });

test("what is written on both sides of a split is there on all peers once it is healed", async () => {
  const world = await begin();
  const carts = [];
  for (const index of [0, 1, 2]) carts.push(await world.settle(world.peer(index).subject("shop/cart", orSet(text))));
  const [ann, ben] = carts as [(typeof carts)[0], (typeof carts)[0]];
  await world.settle(ann.add("apples"));
  await world.converged();
  world.split([0], [1, 2]);
  await world.settle(ann.remove("apples"));
  await world.settle(ben.add("pears"));
  await world.pass({ forMs: 60_000 });
  expect([...ann.value]).toEqual([]);
  expect([...ben.value].sort()).toEqual(["apples", "pears"]);
  world.heal();
  expect(await world.converged()).toBeLessThan(60_000);
  await world.pass({ forMs: 1_000 });
  for (const cart of carts) expect([...cart.value]).toEqual(["pears"]);
  await world.close();
});

test("a peer that lost power has what it had promised, and comes to have the rest", async () => {
  const world = await begin({ topology: "line", weather: { loss: 0.2, duplication: 0.2, reordering: 0.3 } });
  const votes = await world.settle(world.peer(0).subject("team/votes", pnCounter()));
  await world.settle(votes.increment(3));
  world.crash(0);
  expect(() => world.peer(0)).toThrow(/peer 0 is down: start\(0\) first/);
  const far = await world.settle(world.peer(2).subject("team/votes", pnCounter()));
  await world.settle(far.increment(4));
  const again = await world.start(0);
  await world.converged();
  const both = await world.settle(again.subject("team/votes", pnCounter()));
  await world.pass({ forMs: 60_000, until: () => both.value === 7 });
  expect(both.value).toBe(7);
  await world.close();
});

test("one seed is one run, and another seed another", async () => {
  const hashOf = async (seed: number): Promise<string> => {
    const world = await begin({ seed, weather: { loss: 0.3, jitterMs: 20 } });
    await world.settle(world.peer(0).append("a/b", [{ payload: world.random("payload").bytes(8) }]));
    await world.converged();
    return world.traceHash;
  };
  const [one, again, other] = [await hashOf(5), await hashOf(5), await hashOf(6)];
  expect(again).toBe(one);
  expect(other).not.toBe(one);
});

test("what has no answer in time, and what does not converge, fails with the seed and how it stands", async () => {
  const world = await begin({ seed: "apart", peers: 2 });
  const never = world.settle(new Promise(() => {}), { withinMs: 500 });
  await expect(never).rejects.toThrow(/seed apart, at [\d.]+ ms: a promise had no answer within 500 ms/);
  world.split([0], [1]);
  await world.settle(world.peer(0).append("a/b", [{ payload: Uint8Array.of(1) }]));
  await expect(world.converged({ withinMs: 5_000 })).rejects.toThrow(SimulationError);
  await expect(world.converged({ withinMs: 1_000 })).rejects.toThrow(/no convergence within 1000 ms: roots are [0-9a-f]+, [0-9a-f]+/);
  expect(() => world.peer(2)).toThrow(/no peer 2 in a world of 2/);
  await expect(world.settle(world.peer(0).append("not//a path", [{ payload: Uint8Array.of(1) }]))).rejects.toThrow(SinterError);
});

test("a peer that was closed comes up again, and has what it had", async () => {
  const world = await begin({ peers: 2 });
  const votes = await world.settle(world.peer(0).subject("team/votes", pnCounter()));
  await world.settle(votes.increment(3));
  await world.settle(world.peer(0).close());
  expect(() => world.peer(0)).toThrow(/peer 0 is down: start\(0\) first/);
  const again = await world.start(0);
  expect((await world.settle(again.subject("team/votes", pnCounter()))).value).toBe(3);
  await expect(world.start(0)).rejects.toThrow(/peer 0 is up/);
  await world.close();
});

test.each([
  { peers: 0 },
  { peers: -1 },
  { peers: 1.5 },
  { peers: Number.NaN },
  { peers: appPeersMax + 1 },
  { skewMs: -1 },
  { skewMs: Number.POSITIVE_INFINITY },
  { weather: { loss: 20 } },
  { weather: { duplication: -0.1 } },
  { weather: { reordering: Number.NaN } },
  { weather: { delayMs: -1 } },
  { weather: { jitterMs: Number.POSITIVE_INFINITY } },
])("no world begins with %j", async (options) => {
  await expect(begin(options)).rejects.toThrow(RangeError);
});

test("a time that is none and a share that is none are told at once, and change nothing", async () => {
  const world = await begin({ peers: 1 });
  const before = world.now;
  for (const ms of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
    await expect(world.pass({ forMs: ms })).rejects.toThrow(/forMs is/);
    await expect(world.settle(Promise.reject(new Error("not heard")), { withinMs: ms })).rejects.toThrow(/withinMs is no finite/);
    await expect(world.converged({ withinMs: ms })).rejects.toThrow(/withinMs is no finite/);
    expect(() => world.weather({ delayMs: ms })).toThrow(/delayMs is no finite/);
  }
  for (const share of [Number.NaN, -0.01, 1.01]) expect(() => world.weather({ loss: share })).toThrow(/loss is no share/);
  expect(world.now).toBe(before);
  world.weather({ loss: 1, duplication: 0 });
  expect(await world.pass({ forMs: Number.POSITIVE_INFINITY, until: () => world.now > before })).toBe("condition");
  await world.close();
});
