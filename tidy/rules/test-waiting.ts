import { isTest, type Rule } from "../sources.js";
import { isReference, lineAt, nameOf, nodesOf } from "../syntax.js";

// A test waits for a condition (`vi.waitFor`, `expect.poll`, an event) or on virtual time, and draws from a seed. What
// a test measures (performance) it may time with performance.now(). No test is left out without saying why:
// `context.skip("reason")` prints one, `.skip` does not.

const banned = new Map([
  ["setTimeout", "waits for time to pass; wait for a condition"],
  ["setInterval", "waits for time to pass; wait for a condition"],
  ["sleep", "waits for time to pass; wait for a condition"],
  ["Date", "reads the real clock; use virtual time or a constant"],
]);

export const testWaiting: Rule = (sources) =>
  sources
    .filter(({ path }) => isTest(path))
    .flatMap((source) => {
      const at = (offset: number, what: string) => ({ path: source.path, line: lineAt(source.text, offset), what });
      const names = nodesOf(source, "Identifier").flatMap(({ node, parents }) => {
        const name = nameOf(node) as string;
        const parent = parents[0];
        const fixed = parent?.type === "NewExpression" && (parent["arguments"] as unknown[]).length > 0;
        const parsing = parent?.type === "MemberExpression" && ["parse", "UTC"].includes(nameOf(parent["property"]) ?? "");
        if (!banned.has(name) || !isReference(node, parent) || fixed || parsing) return [];
        return [at(node.start, `${name}: ${banned.get(name)}`)];
      });
      const members = nodesOf(source, "MemberExpression").flatMap(({ node }) => {
        const object = nameOf(node["object"]) ?? "";
        const property = nameOf(node["property"]) ?? "";
        if (object === "Math" && property === "random") return [at(node.start, "Math.random: draw from a seed that is printed")];
        const skips = ["test", "it", "describe", "suite"].includes(object) && ["skip", "only", "todo"].includes(property);
        return skips ? [at(node.start, `${object}.${property}: say why, with context.skip("reason")`)] : [];
      });
      return [...names, ...members];
    });
