import type { DataObject } from "../../data.js";
import { wordsOfType } from "../expectation.js";
import type { Refuse, Site } from "../site.js";
import { yes } from "../verdict.js";
import { counted, shown } from "../violation.js";

export function lengthKeywords(site: Site): void {
  const least = site.count("minLength");
  const most = site.count("maxLength");
  if (least !== undefined) {
    const refuse = lengthRefusal(site, "minLength");
    site.test("text", (value, run) => (isLongerThan(value as string, least - 1) ? yes : refuse(run, value)));
  }
  if (most !== undefined) {
    const refuse = lengthRefusal(site, "maxLength");
    site.test("text", (value, run) => (isLongerThan(value as string, most) ? refuse(run, value) : yes));
  }
}

export function patternKeyword(site: Site): void {
  const written = site.written("pattern");
  if (written === undefined) return;
  const pattern =
    typeof written === "string" ? site.expression("pattern", written) : site.fault("pattern", '"pattern" is a regular expression');
  if (pattern === undefined) return;
  const refuse = site.refusal("pattern", () => wordsOfType("string", site.node.schema as DataObject));
  site.test("text", (value, run) => (pattern.test(value as string) ? yes : refuse(run, value)));
}

function lengthRefusal(site: Site, keyword: string): Refuse {
  return site.refusal(
    keyword,
    () => wordsOfType("string", site.node.schema as DataObject),
    (value) => `${shown(value)}, of ${counted(codePoints(value as string), "character")}`,
  );
}

/** In code points. Only where it depends on them are they counted. */
function isLongerThan(text: string, length: number): boolean {
  if (text.length <= length) return false;
  return text.length > 2 * length || codePoints(text) > length;
}

function codePoints(text: string): number {
  let count = text.length;
  for (let at = 1; at < text.length; at++) if (isLow(text.charCodeAt(at)) && isHigh(text.charCodeAt(at - 1))) count--;
  return count;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
